/**
 * What a server reads from a frame: requests, each with the form of its answer. Owns the guards, which never throw.
 */
import { isJSONRPCID, isJSONRPCRequest, isJSONRPCResponse, JSONRPCErrorCode } from 'json-rpc-2.0';
import { isId, readRequest } from '../protocol/documented.js';
import { isObject } from '../protocol/guards.js';
import { isDeeperThan } from '../protocol/json-depth.js';
import type { Limits } from '../protocol/limits.js';
import type { Malformed, Request } from '../protocol/messages.js';
import type { ReplyForm } from './replies.js';

/** One element of a frame, and how to answer to it. The ids in `message` are not the peer's. */
export interface Incoming {
  readonly form: ReplyForm;
  readonly message: Request | Malformed;
}

export type Frame =
  /** What is in it; several make a batch, also where there is one. */
  | { readonly isBatch: boolean; readonly elements: readonly unknown[] }
  | { readonly limit: 'jsonDepth' | 'requestsPerFrame' }
  | { readonly problem: Incoming };

/** Takes a frame apart, as far as its limits allow. */
export function openFrame(text: string, { jsonDepth, requestsPerFrame }: Limits): Frame {
  if (isDeeperThan(jsonDepth, text)) return { limit: 'jsonDepth' };
  let content: unknown;
  try {
    content = JSON.parse(text) as unknown;
  } catch {
    return { problem: unanswerable('the frame is no JSON', JSONRPCErrorCode.ParseError) };
  }
  if (!Array.isArray(content)) return { isBatch: false, elements: [content] };
  if (content.length === 0) return { problem: unanswerable('a batch must not be empty') };
  if (content.length > requestsPerFrame) return { limit: 'requestsPerFrame' };
  return { isBatch: true, elements: content as unknown[] };
}

/** What an element asks for under the name `id`; `undefined` for a response, which is not to be answered. */
export function readElement(element: unknown, id: number, limits: Limits): Incoming | undefined {
  if (!isObject(element)) return unanswerable('a request must be an object');
  if (isJSONRPCResponse(element)) return undefined;
  const form = formOf(element, limits);
  if (form === undefined) {
    return unanswerable(
      'a request must have an id, or a request_id that is a string, within its limit (idLength)',
    );
  }
  if (!isJSONRPCRequest(element)) return refusal(form, 'this is no request of JSON-RPC 2.0');
  const { method } = element;
  const params: unknown = element.params;
  const message = readRequest({ request_id: String(id), method, params }, limits);
  return message.kind === 'request' ? { form, message: { ...message, id } } : refusal(form, message.problem);
}

/** Whom to answer; `undefined` where that cannot be known. */
function formOf(element: Readonly<Record<string, unknown>>, limits: Limits): ReplyForm | undefined {
  const { id, params } = element;
  if (id !== undefined) {
    const isAnswerable = isJSONRPCID(id) && (typeof id !== 'string' || id.length <= limits.idLength);
    return isAnswerable ? { kind: 'response', id } : undefined;
  }
  const requestId = isObject(params) ? params['request_id'] : undefined;
  return isId(requestId, limits) ? { kind: 'notification', requestId } : undefined;
}

function refusal(form: ReplyForm, problem: string): Incoming {
  return { form, message: { kind: 'malformed', id: '', problem } };
}

function unanswerable(problem: string, code: JSONRPCErrorCode = JSONRPCErrorCode.InvalidRequest): Incoming {
  return refusal({ kind: 'response', id: null, code }, problem);
}
