/**
 * The documented messages, as plain objects that any serialization carries:
 *
 * - Request `{ request_id, client_id?, method, params }`
 * - Response `{ status, request_id, error_message?, code?, result? }`
 * - Event `[name, value]`
 *
 * Owns their spelling and their guards, which never throw. See docs/protocol.md, "Documented messages".
 */
import { isPubSubErrorCode } from '../errors.js';
import { encodedValues, nameAt, oneEvent } from './columns.js';
import { isObject } from './guards.js';
import type { Limits } from './limits.js';
import type {
  ClientMessage,
  Failure,
  Malformed,
  Params,
  Request,
  RequestId,
  Response,
  ServerMessage,
} from './messages.js';
import { readGap, spellGap, type SpelledGap } from './missed.js';
import { decodeValue, encodeValue } from './value.js';

export interface DocumentedRequest {
  readonly request_id: string;
  readonly client_id?: string;
  readonly method: string;
  readonly params: Params;
}

export interface DocumentedResponse {
  readonly status: boolean;
  readonly request_id: string;
  readonly error_message?: string;
  readonly code?: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

export type DocumentedEvent = readonly [name: string, value: unknown];

/** What `message` is as a request: itself, or what is wrong with it. */
export function readRequest(message: unknown, limits: Limits): Request | Malformed {
  if (!isObject(message)) return malformed('', 'a request must be an object');
  const { request_id: id, method, params = {} } = message;
  if (!isId(id, limits)) return malformed('', 'request_id must be a string within its limit (idLength)');
  if (typeof method !== 'string') return malformed(id, 'method must be a string');
  if (!isObject(params)) return malformed(id, 'params must be an object');
  // Documented at the top level, sent inside params by the Dart client.
  const clientId = message['client_id'] ?? params['client_id'];
  if (clientId !== undefined && clientId !== null && !isId(clientId, limits)) {
    return malformed(id, 'client_id must be a string within its limit (idLength)');
  }
  return { kind: 'request', id, clientId: clientId ?? undefined, method, params };
}

/** What `message` is as a response, an event or a gap: itself, or what is wrong with it. */
export function readServerMessage(message: unknown, limits: Limits): ServerMessage {
  if (Array.isArray(message)) return readEvent(message);
  const gap = isObject(message) ? message['gap'] : undefined;
  return gap === undefined ? readResponse(message, limits) : readGap(gap);
}

/** Documented requests that say the same as `message`. */
export function spellClientMessage(message: ClientMessage): DocumentedRequest[] {
  switch (message.kind) {
    case 'request':
      return [spellRequest(message)];
    case 'publishes': {
      const requests: DocumentedRequest[] = [];
      for (const value of encodedValues(message.columns)) {
        const event_name = nameAt(message.columns, requests.length);
        requests.push({
          request_id: String(message.first + requests.length),
          method: 'publish',
          params: { event_name, value: JSON.parse(value) as unknown },
        });
      }
      return requests;
    }
    case 'malformed':
      return [];
  }
}

/** Documented responses and events that say the same as `message`; a gap, which is for those who understand it only. */
export function spellServerMessage(
  message: ServerMessage,
): (DocumentedResponse | DocumentedEvent | { readonly gap: SpelledGap })[] {
  switch (message.kind) {
    case 'response':
      return [spellResponse(message)];
    case 'published': {
      const responses: DocumentedResponse[] = [];
      const { first, listeners: runs } = message;
      for (let run = 0; run < runs.length; run += 2) {
        for (let count = runs[run] ?? 0; count > 0; count--) {
          const result = { listeners: runs[run + 1] };
          responses.push({ status: true, request_id: String(first + responses.length), result });
        }
      }
      return responses;
    }
    case 'refused':
      return Array.from({ length: message.count }, (_, position) =>
        spellFailure(message.first + position, message.failure),
      );
    case 'events': {
      const events: DocumentedEvent[] = [];
      let position = 0;
      for (const text of encodedValues(message.columns)) {
        const name = nameAt(message.columns, position++);
        // What its publisher has passed off as JSON is left out; there is no way to spell that.
        const value = decodeValue(text);
        if (value !== undefined) events.push([name, value]);
      }
      return events;
    }
    case 'missed':
      return [{ gap: spellGap(message) }];
    case 'malformed':
      return [];
  }
}

export function spellRequest({ id, clientId, method, params }: Request): DocumentedRequest {
  const request = { request_id: String(id), method, params };
  return clientId === undefined ? request : { ...request, client_id: clientId };
}

export function spellResponse(response: Response): DocumentedResponse {
  if (!response.ok) return spellFailure(response.id, response.failure);
  return { status: true, request_id: String(response.id), result: response.result };
}

function spellFailure(id: RequestId, { code, message }: Failure): DocumentedResponse {
  const response = { status: false, request_id: String(id), error_message: message };
  return code === undefined ? response : { ...response, code };
}

export function readResponse(message: unknown, limits: Limits): Response | Malformed {
  if (!isObject(message)) return malformed('', 'a response must be an object');
  const { request_id: id, status, result = {}, error_message: text, code } = message;
  // A server that could not read the id of a request answers to the empty one.
  if (id !== '' && !isId(id, limits)) {
    return malformed('', 'request_id must be a string within its limit (idLength)');
  }
  if (status === true) {
    if (!isObject(result)) return malformed(id, 'result must be an object');
    return { kind: 'response', id, ok: true, result };
  }
  if (status !== false) return malformed(id, 'status must be a boolean');
  return { kind: 'response', id, ok: false, failure: readFailure(code, text) };
}

export function readFailure(code: unknown, text: unknown): Failure {
  return {
    code: isPubSubErrorCode(code) ? code : undefined,
    message: typeof text === 'string' ? text : 'the server refused the request without a reason',
  };
}

function readEvent(message: readonly unknown[]): ServerMessage {
  const [name, value] = message;
  if (message.length !== 2) return malformed('', 'an event must be a name and a value');
  if (typeof name !== 'string') return malformed('', "an event's name must be a string");
  try {
    return { kind: 'events', columns: oneEvent(name, encodeValue(value, Infinity)) };
  } catch (error) {
    return malformed('', error instanceof Error ? error.message : String(error));
  }
}

function malformed(id: RequestId, problem: string): Malformed {
  return { kind: 'malformed', id, problem };
}

/** Whether a peer may use `value` as an id of its own making. */
export function isId(value: unknown, limits: Limits): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= limits.idLength;
}
