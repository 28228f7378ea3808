/**
 * Every limit of the package in one table, with its default. Owns their validation; each limit is enforced
 * where the thing it bounds lives.
 */
import { PubSubError } from '../errors.js';

/** Limits that clients and servers keep. Lengths are UTF-16 code units, as `String.length` counts. */
export interface Limits {
  /** Longest event name. Default 256. */
  readonly eventNameLength: number;
  /** Longest JSON text of one value. Default 8,388,608 (8 Mi). */
  readonly valueLength: number;
  /** Requests that one client may have waiting: not sent, or not answered. Default 65,536. */
  readonly outboxMessages: number;
  /** Their values' JSON text, in all. Default 67,108,864 (64 Mi). */
  readonly outboxLength: number;
  /** Values that one subscription without a handler keeps until they are iterated. Default 8,192. */
  readonly bufferMessages: number;
  /** Their JSON text, in all. Default 8,388,608 (8 Mi). */
  readonly bufferLength: number;
  /** Publishes, events or answers after which a batch is sent without waiting for its turn to end. Default 4,096. */
  readonly batchMessages: number;
  /** The JSON text of values after which a batch is sent likewise. Default 262,144 (256 Ki). */
  readonly batchLength: number;
  /** Subscriptions that one client may hold. Default 100,000. */
  readonly subscriptionsPerClient: number;
  /** Connections that one server serves at a time. Default 65,536. */
  readonly connections: number;
  /** Clients that one worker process may have at a time. Default 1,024. */
  readonly clientsPerProcess: number;
  /** Longest `request_id`, `client_id` or port that a peer may choose. Default 256. */
  readonly idLength: number;
}

/** The limits that apply where nothing else is asked for. */
export const defaultLimits: Limits = Object.freeze({
  eventNameLength: 256,
  valueLength: 8 * 1024 * 1024,
  outboxMessages: 65_536,
  outboxLength: 64 * 1024 * 1024,
  bufferMessages: 8_192,
  bufferLength: 8 * 1024 * 1024,
  batchMessages: 4_096,
  batchLength: 256 * 1024,
  subscriptionsPerClient: 100_000,
  connections: 65_536,
  clientsPerProcess: 1_024,
  idLength: 256,
});

/**
 * The defaults with `overrides` in place.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a name that is no limit, or a limit that is not an
 * integer from 1 to 2^31 - 1: every limit is finite.
 */
export function resolveLimits(overrides: Partial<Limits> | undefined): Limits {
  if (overrides === undefined) return defaultLimits;
  for (const [name, value] of Object.entries(overrides)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', `limits.${name} is not a limit`);
    }
    if (!Number.isInteger(value) || value < 1 || value > 0x7fffffff) {
      throw new PubSubError(
        'ERR_PUBSUB_INVALID_ARGUMENT',
        `limits.${name} must be an integer from 1 to 2147483647, not ${String(value)}`,
      );
    }
  }
  return Object.freeze({ ...defaultLimits, ...overrides });
}
