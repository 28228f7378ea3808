/**
 * WebSockets: one JSON text a message. For programs and browsers, on an HTTP server that is there anyway.
 */
export { connect, type WebSocketConnectOptions } from './websocket-connect.js';
export { listen, type WebSocketListenOptions, type WebSocketSource } from './websocket-listen.js';
