/** The browser's own WebSocket, as a way to a server. */
import { connect } from '../json-rpc/media/browser-websocket.js';
import type { TextDialer } from '../json-rpc/text-channel.js';

/** `webSocket.connect('wss://app.example/sync')`. */
export const webSocket: { readonly connect: (url: string | URL) => TextDialer } = { connect };
