/**
 * What `clustercast/browser/state` exports: the client for web pages, with replicas of the state that its server holds.
 * Published as one file that needs no bundler, beside the smaller one that can publish and subscribe only.
 */
export { PubSubError, type PubSubErrorCode } from '../errors.js';
export { JsonRpcClient } from './replicating-client.js';
export type { JsonRpcClientOptions } from '../json-rpc/client.js';
export type { TextDialer } from '../json-rpc/text-channel.js';
export type { ClientEvents, ClientStats, Gap, RequestOptions, Subscription } from '../client/api.js';
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
  type StateClient as Client,
  type StateTypes,
  type SubscribeOptions,
  type UpdateOptions,
  type WriteOptions,
} from '../state/client/api.js';
export { webSocket } from './websocket.js';
