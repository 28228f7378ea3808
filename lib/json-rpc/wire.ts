/**
 * What both sides of JSON-RPC 2.0 spell: the names of the methods that the documented protocol and the handshake of
 * this package add, and notifications that carry a value. See docs/protocol.md, "JSON-RPC".
 */
import type { JSONRPCRequest } from 'json-rpc-2.0';
import type { Capability } from '../protocol/capabilities.js';
import type { Params } from '../protocol/messages.js';
import type { EncodedValue } from '../protocol/value.js';

/** Of the handshake; the only one there is. */
export const protocolVersion = 1;
/** The methods that JSON-RPC peers have besides those of the server. */
export const helloMethod = 'hello';
export const pingMethod = 'ping';
/** The methods of the notifications that carry an event, and what was missed. */
export const eventMethod = 'event';
export const gapMethod = 'gap';
/** What the peers of this package can do beyond the documented messages. */
export const jsonRpcCapabilities: readonly Capability[] = ['gap'];

/** As `createJSONRPCRequest` and `createJSONRPCNotification` make them, without bringing the package to browsers. */
export function request(id: string, method: string, params: object): JSONRPCRequest {
  return { jsonrpc: '2.0', id, method, params };
}

export function notification(method: string, params: object): JSONRPCRequest {
  return { jsonrpc: '2.0', method, params };
}

/** The text of a notification whose last parameter is a value, which is encoded already. */
export function withValue(method: string, params: Params, value: EncodedValue): string {
  const text = JSON.stringify(notification(method, params));
  return `${text.slice(0, -2)},"value":${value}}}`;
}
