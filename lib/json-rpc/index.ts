/**
 * What `clustercast/json-rpc` exports: JSON-RPC 2.0 for clients outside the cluster.
 */
export { JsonRpcAdapter, type JsonRpcAdapterOptions } from './adapter.js';
export type { JsonRpcClientOptions } from './client.js';
export { JsonRpcClient } from './caching-client.js';
export * as tcp from './media/tcp.js';
export * as unix from './media/unix.js';
export * as webSocket from './media/websocket.js';
export type {
  DialHandlers,
  TextChannel,
  TextDialer,
  TextHandlers,
  TextHost,
  TextPeer,
  TextSource,
} from './text-channel.js';
export type { TcpOptions, TcpSource } from './media/tcp.js';
export type { UnixOptions } from './media/unix.js';
export type { WebSocketConnectOptions, WebSocketListenOptions, WebSocketSource } from './media/websocket.js';
