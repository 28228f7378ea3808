/**
 * What a client says and hears: its requests as notifications, each with the id that names its answer, and what a
 * server's frame says. Owns the guards, which never throw.
 */
import { ColumnsBuilder, encodedValues, nameAt, oneEvent } from '../protocol/columns.js';
import { readFailure, readResponse } from '../protocol/documented.js';
import { isObject } from '../protocol/guards.js';
import { readGap } from '../protocol/missed.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientMessage, Failure, RequestId, Result, ServerMessage } from '../protocol/messages.js';
import { encodeValue, type EncodedValue } from '../protocol/value.js';
import { eventMethod, gapMethod, notification, withValue } from './wire.js';

/** One request, ready to be sent. */
export interface SpelledRequest {
  readonly id: RequestId;
  readonly text: string;
}

/** @param clientId is said in each request, for a server that was not told in a handshake. */
export function spellRequests(message: ClientMessage, clientId: string | undefined): SpelledRequest[] {
  const identity = clientId === undefined ? {} : { client_id: clientId };
  switch (message.kind) {
    case 'request': {
      const params = { request_id: String(message.id), ...identity, ...message.params };
      return [{ id: message.id, text: JSON.stringify(notification(message.method, params)) }];
    }
    case 'publishes': {
      let position = 0;
      return Array.from(encodedValues(message.columns), (value) => {
        const id = message.first + position;
        const event_name = nameAt(message.columns, position++);
        return { id, text: withValue('publish', { request_id: String(id), ...identity, event_name }, value) };
      });
    }
    case 'malformed':
      return [];
  }
}

/** What a frame of a server says: answers to standard requests apart, which are the connector's own. */
export type ServerFrame =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  | { readonly kind: 'event'; readonly name: string; readonly value: EncodedValue }
  | { readonly kind: 'reply'; readonly id: string; readonly outcome: ReplyOutcome };

/** `isForeign` where a server other than ours says that it has no such method. */
export type ReplyOutcome =
  { readonly result: Result } | { readonly failure: Failure; readonly isForeign: boolean };

/** @param isOurs whether the server is one of this package, whose events have a known form. */
export function readServerFrame(text: string, limits: Limits, isOurs: boolean): ServerFrame[] {
  const event = isOurs ? readEventText(text) : undefined;
  if (event !== undefined) return [event];
  let content: unknown;
  try {
    content = JSON.parse(text) as unknown;
  } catch {
    return [malformed('the frame is no JSON')];
  }
  return (Array.isArray(content) ? (content as unknown[]) : [content]).map((element) =>
    readElement(element, limits, isOurs),
  );
}

function readElement(element: unknown, limits: Limits, isOurs: boolean): ServerFrame {
  if (!isObject(element) || element['jsonrpc'] !== '2.0')
    return malformed('it is no message of JSON-RPC 2.0');
  const { method, params } = element;
  if (method === undefined) return readReply(element);
  if (typeof method !== 'string' || !isObject(params)) {
    return malformed('a notification has no name or no parameters');
  }
  if (method === eventMethod) return readEvent(params);
  // A foreign server may name a request so.
  if (method === gapMethod && isOurs) return { kind: 'message', message: readGap(params) };
  // The reply is named after the request; not every server repeats the name inside.
  const { result = {}, subscription_id, client_id } = params;
  const flat = {
    ...(subscription_id !== undefined && { subscription_id }),
    ...(client_id !== undefined && { client_id }),
  };
  const whole = { ...params, request_id: method, result: isObject(result) ? { ...flat, ...result } : result };
  return { kind: 'message', message: readResponse(whole, limits) };
}

function readReply({ id, result, error }: Readonly<Record<string, unknown>>): ServerFrame {
  let outcome: ReplyOutcome = { result: isObject(result) ? result : {} };
  if (isObject(error)) {
    const data = isObject(error['data']) ? error['data'] : {};
    const failure = readFailure(data['code'], error['message']);
    outcome = { failure, isForeign: failure.code === undefined && error['code'] === methodNotFound };
  }
  if (typeof id === 'string') return { kind: 'reply', id, outcome };
  // It could not read what it refuses.
  if ('failure' in outcome)
    return { kind: 'message', message: { kind: 'response', id: '', ok: false, failure: outcome.failure } };
  return malformed('it answers what was not asked');
}

const methodNotFound = -32601;

function readEvent({ event_name: name, value = null }: Readonly<Record<string, unknown>>): ServerFrame {
  if (typeof name !== 'string') return malformed("an event's name must be a string");
  try {
    return { kind: 'event', name, value: encodeValue(value, Infinity) };
  } catch (error) {
    return malformed(error instanceof Error ? error.message : String(error));
  }
}

/** As servers of this package begin an event. */
const eventStart = withValue(eventMethod, { event_name: '' }, '').split('"",')[0] as string;
const valueStart = ',"value":';

/** An event as servers of this package spell it, whose value need be neither parsed nor encoded again here. */
function readEventText(text: string): ServerFrame | undefined {
  if (!text.startsWith(eventStart) || !text.endsWith('}}')) return undefined;
  // A name that holds a quote or a backslash is read the long way.
  const end = text.indexOf('"', eventStart.length + 1);
  const quoted = text.slice(eventStart.length, end + 1);
  if (end === -1 || quoted.includes('\\') || !text.startsWith(valueStart, end + 1)) return undefined;
  return { kind: 'event', name: quoted.slice(1, -1), value: text.slice(end + 1 + valueStart.length, -2) };
}

/** Events in a row make one message. */
export function joinEvents(
  events: readonly { readonly name: string; readonly value: EncodedValue }[],
): ServerMessage {
  const [first] = events;
  if (events.length === 1 && first !== undefined)
    return { kind: 'events', columns: oneEvent(first.name, first.value) };
  const columns = new ColumnsBuilder();
  for (const { name, value } of events) columns.add(name, value);
  return { kind: 'events', columns: columns.build() };
}

function malformed(problem: string): ServerFrame {
  return { kind: 'message', message: { kind: 'malformed', id: '', problem } };
}
