/**
 * Clustercast: keeps the replicas of a Node.js cluster in sync. What `clustercast` exports.
 */
export { PubSubError, type PubSubErrorCode } from './errors.js';
export { startPrimary, type Primary, type PrimaryEvents, type PrimaryOptions } from './cluster/primary.js';
export { connectWorker, type WorkerOptions } from './cluster/worker.js';
export type {
  ClientEvents,
  ClientOptions,
  ClientStats,
  EventName,
  Gap,
  PublishResult,
  RequestOptions,
  Subscription,
} from './client/api.js';
export {
  ConflictError,
  type Handler,
  type IncrementOptions,
  type MapChange,
  type MapEntry,
  type MapEvents,
  type Message,
  type PublishOptions,
  type ReplicatedMap,
  type SetOptions,
  type StateTypes,
  type SubscribeOptions,
  type UpdateOptions,
  type WriteOptions,
} from './state/client/api.js';
export type {
  Cache,
  CacheClient as Client,
  CacheEvents,
  CacheOptions,
  CacheStats,
  GetOptions,
  Invalidation,
  Load,
  WrapOptions,
} from './state/client/caches/api.js';
export { Server, type ServerOptions, type ServerStats } from './state/server/server.js';
export type { Right, StateClientInfo as ClientInfo } from './state/server/rights.js';
export type { CachesStats } from './state/server/caches/caches.js';
export type { MapsStats } from './state/server/maps/maps.js';
export type { RetainedStats } from './state/server/retained.js';
export type { SavesStats, StateOptions } from './state/server/persistence/store.js';
export type { StateStats } from './state/server/wing.js';
export type { Identity } from './server/access.js';
export type { Accepted, Adapter, AdapterHost, Peer } from './server/adapter.js';
export { Later, type Answer, type Caller, type Method } from './server/methods.js';
export { MemoryAdapter, type MemoryClientOptions } from './memory/adapter.js';
export { IpcAdapter, type IpcAdapterOptions } from './ipc/adapter.js';
export { defaultLimits, type Limits } from './protocol/limits.js';
