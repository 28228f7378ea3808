/**
 * What `clustercast/browser` exports: the client for web pages. Published as one file that needs no bundler.
 */
export { PubSubError, type PubSubErrorCode } from '../errors.js';
export { JsonRpcClient } from './client.js';
export type { JsonRpcClientOptions } from '../json-rpc/client.js';
export type { TextDialer } from '../json-rpc/text-channel.js';
export type {
  Client,
  ClientEvents,
  ClientStats,
  Gap,
  Handler,
  Message,
  Subscription,
} from '../client/api.js';
export { webSocket } from './websocket.js';
