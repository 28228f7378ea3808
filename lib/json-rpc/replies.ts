/**
 * What a server says: answers in the form in which they were asked for, and events, each spelled once for all who
 * are told. Knows no connection.
 */
import {
  createJSONRPCErrorResponse,
  createJSONRPCSuccessResponse,
  JSONRPCErrorCode,
  type JSONRPCID,
  type JSONRPCResponse,
} from 'json-rpc-2.0';
import type { PubSubErrorCode } from '../errors.js';
import { encodedValues, nameAt, type Columns } from '../protocol/columns.js';
import { spellResponse } from '../protocol/documented.js';
import { Memo } from '../protocol/memo.js';
import type { Failure, Response } from '../protocol/messages.js';
import { eventMethod, notification, withValue } from './wire.js';

/** How whoever asked wants to be answered. */
export type ReplyForm =
  /** A notification came: so does the answer, named after the `request_id`. */
  | { readonly kind: 'notification'; readonly requestId: string }
  /** A request came, or something that names nobody to answer to. `code` is for what is no request at all. */
  | { readonly kind: 'response'; readonly id: JSONRPCID; readonly code?: JSONRPCErrorCode };

/** What the server answers, still as an object. */
export function spellReply(form: ReplyForm, response: Response): object {
  if (form.kind === 'response') return spellStandardReply(form, response);
  const reply = spellResponse({ ...response, id: form.requestId });
  // Dart's client reads what subscribe returns beside the result.
  const isFlat = reply.result?.['subscription_id'] !== undefined;
  return notification(form.requestId, isFlat ? { ...reply.result, ...reply } : reply);
}

function spellStandardReply(
  { id, code }: Extract<ReplyForm, { kind: 'response' }>,
  response: Response,
): JSONRPCResponse {
  if (response.ok) return createJSONRPCSuccessResponse(id, response.result);
  const { failure } = response;
  return createJSONRPCErrorResponse(id, code ?? numberOf(failure), failure.message, { code: failure.code });
}

/** JSON-RPC has numbers for errors; ours are from the range that it leaves to servers. */
const numbers: Readonly<Partial<Record<PubSubErrorCode, number>>> = {
  ERR_PUBSUB_PROTOCOL: JSONRPCErrorCode.InvalidRequest,
  ERR_PUBSUB_UNSUPPORTED: JSONRPCErrorCode.MethodNotFound,
  ERR_PUBSUB_INVALID_ARGUMENT: JSONRPCErrorCode.InvalidParams,
  ERR_PUBSUB_UNAUTHORIZED: -32001,
  ERR_PUBSUB_FORBIDDEN: -32002,
  ERR_PUBSUB_LIMIT: -32003,
  ERR_PUBSUB_SERIALIZE: -32004,
};

function numberOf({ code }: Failure): number {
  return (code === undefined ? undefined : numbers[code]) ?? -32000;
}

/** One notification for each event. Events go to many connections: the same array for the same columns. */
export function eventTexts(columns: Columns): readonly string[] {
  return spelledEvents.of(columns);
}

const spelledEvents = new Memo((columns: Columns): readonly string[] => {
  let position = 0;
  return Array.from(encodedValues(columns), (value) =>
    withValue(eventMethod, { event_name: nameAt(columns, position++) }, value),
  );
});
