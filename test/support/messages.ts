/** Every kind of message of the protocol, as properties are tried on. Ids are strings, as they are read. */
import fc from 'fast-check';
import { isPubSubErrorCode } from '#lib/errors.js';
import type { Columns } from '#lib/protocol/columns.js';
import type {
  ClientMessage,
  Events,
  Failure,
  Missed,
  Published,
  Publishes,
  Refused,
  Request,
  Response,
  ServerMessage,
} from '#lib/protocol/messages.js';
import { character, columns, jsonValue, record } from './arbitraries.js';

const id = fc.string({ unit: character, minLength: 1, maxLength: 20 });

const fields: fc.Arbitrary<Record<string, unknown>> = fc
  .dictionary(fc.string(), jsonValue, { noNullPrototype: true, maxKeys: 3 })
  // JSON has no -0, and a client_id among the params says who asks.
  .map((any) => JSON.parse(JSON.stringify({ ...any, client_id: undefined })) as Record<string, unknown>);

const failure: fc.Arbitrary<Failure> = record({
  code: fc.constantFrom<Failure['code'][]>('ERR_PUBSUB_FORBIDDEN', 'ERR_PUBSUB_LIMIT', undefined),
  message: fc.string(),
});

export const request: fc.Arbitrary<Request> = record({
  kind: fc.constant('request'),
  id,
  clientId: fc.option(id, { nil: undefined }),
  method: fc.oneof(fc.constantFrom('publish', 'subscribe', 'unsubscribe', '__proto__'), fc.string()),
  params: fields,
});

export const publishes: fc.Arbitrary<Publishes> = record({
  kind: fc.constant('publishes'),
  first: fc.nat(),
  columns,
});

export const response: fc.Arbitrary<Response> = fc.oneof(
  record({ kind: fc.constant('response'), id, ok: fc.constant(true), result: fields }),
  record({ kind: fc.constant('response'), id, ok: fc.constant(false), failure }),
);

export const published: fc.Arbitrary<Published> = record({
  kind: fc.constant('published'),
  first: fc.nat(),
  listeners: fc.array(fc.tuple(fc.nat(5), fc.nat()), { maxLength: 5 }).map((runs) => runs.flat()),
});

export const refused: fc.Arbitrary<Refused> = record({
  kind: fc.constant('refused'),
  first: fc.nat(),
  count: fc.nat(20),
  failure,
});

export const eventsMessage: fc.Arbitrary<Events> = record({ kind: fc.constant('events'), columns });

export const missedMessage: fc.Arbitrary<Missed> = fc
  .uniqueArray(fc.tuple(fc.string(), fc.integer({ min: 1, max: 1_000 })), {
    selector: ([name]) => name,
    minLength: 1,
    maxLength: 5,
  })
  .map((missed) => ({
    kind: 'missed',
    names: missed.map(([name]) => name),
    counts: missed.map(([, count]) => count),
  }));

export const clientMessage: fc.Arbitrary<ClientMessage> = fc.oneof(request, publishes);
export const serverMessage: fc.Arbitrary<ServerMessage> = fc.oneof(
  response,
  published,
  refused,
  eventsMessage,
  missedMessage,
);

/** Fails unless `read` is a message that the core can handle without looking at it again. */
export function isSound(read: ClientMessage | ServerMessage): boolean {
  switch (read.kind) {
    case 'malformed':
      return isId(read.id) && read.problem.length > 0;
    case 'request':
      return (
        isId(read.id) && isId(read.clientId ?? '') && typeof read.method === 'string' && isPlain(read.params)
      );
    case 'response':
      return isId(read.id) && (read.ok ? isPlain(read.result) : isFailure(read.failure));
    case 'publishes':
      return isCount(read.first) && areColumns(read.columns);
    case 'events':
      return areColumns(read.columns);
    case 'published':
      return isCount(read.first) && read.listeners.length % 2 === 0 && [...read.listeners].every(isCount);
    case 'missed':
      return (
        read.names.length > 0 &&
        read.names.length === read.counts.length &&
        new Set(read.names).size === read.names.length &&
        [...read.names].every((name) => typeof name === 'string') &&
        [...read.counts].every((count) => isCount(count) && count > 0)
      );
    case 'refused':
      return isCount(read.first) && isCount(read.count) && isFailure(read.failure);
  }
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 256;
}

function isPlain(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isFailure({ code, message }: Failure): boolean {
  return (code === undefined || isPubSubErrorCode(code)) && typeof message === 'string';
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Spread, since `every` passes over the holes of a sparse array. */
export function areColumns({ names, index, values, lengths }: Columns): boolean {
  const total = lengths.reduce((sum, length) => sum + length, 0);
  return (
    [...names].every((name) => typeof name === 'string') &&
    [...lengths].every((length) => isCount(length) && length > 0) &&
    values.length === total + lengths.length + 1 &&
    (index === undefined
      ? names.length === 1
      : index.length === lengths.length &&
        [...index].every((position) => position in names && isCount(position)))
  );
}
