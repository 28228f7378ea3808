/**
 * Clustercast: keeps the replicas of a Node.js cluster in sync. What `clustercast` exports.
 */
export { PubSubError, type PubSubErrorCode } from './errors.js';
export { startPrimary, type Primary, type PrimaryEvents, type PrimaryOptions } from './cluster/primary.js';
export { connectWorker, type WorkerOptions } from './cluster/worker.js';
export type {
  Client,
  ClientEvents,
  ClientOptions,
  ClientStats,
  EventName,
  Gap,
  Handler,
  Message,
  PublishResult,
  RequestOptions,
  SubscribeOptions,
  Subscription,
} from './client/api.js';
export { Server, type ServerOptions, type ServerStats } from './server/server.js';
export type { ClientInfo, Identity } from './server/access.js';
export type { Accepted, Adapter, AdapterHost, Peer } from './server/adapter.js';
export type { Caller, Method } from './server/methods.js';
export { MemoryAdapter, type MemoryClientOptions } from './memory/adapter.js';
export { IpcAdapter, type IpcAdapterOptions } from './ipc/adapter.js';
export { defaultLimits, type Limits } from './protocol/limits.js';
