/**
 * Every limit of the package in one table, with its default. Owns their validation; each limit is enforced
 * where the thing it bounds lives.
 */
import { PubSubError } from '../errors.js';

/**
 * Limits that clients and servers keep. Lengths are UTF-16 code units, as `String.length` counts; bytes are those
 * on the wire, times are milliseconds.
 */
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
  /** The JSON text of values after which a batch is sent likewise. Default 98,304 (96 Ki). */
  readonly batchLength: number;
  /** Subscriptions that one client may hold. Default 100,000. */
  readonly subscriptionsPerClient: number;
  /** Connections that one server serves at a time. Default 65,536. */
  readonly connections: number;
  /** Clients that one worker process may have at a time. Default 1,024. */
  readonly clientsPerProcess: number;
  /** Longest `request_id`, `client_id` or port that a peer may choose. Default 256. */
  readonly idLength: number;
  /** Longest frame that a server takes from a peer that has not said who it is. Default 16,384 (16 Ki). */
  readonly unknownFrameBytes: number;
  /** And from one that it knows or trusts. Default 1,048,576 (1 Mi). */
  readonly frameBytes: number;
  /** Longest frame that a client takes from its server. Default 33,554,432 (32 Mi). */
  readonly serverFrameBytes: number;
  /** Levels of arrays and objects in one frame, or in a value that the server keeps; looked at before it is parsed. Default 64. */
  readonly jsonDepth: number;
  /** Requests in one frame. Default 128. */
  readonly requestsPerFrame: number;
  /** Requests that a peer that is not trusted may make in a second; more wait, unread. Default 1,000. */
  readonly requestsPerSecond: number;
  /** Connections from one network address; an IPv6 address counts by its first 64 bits. Default 256. */
  readonly connectionsPerAddress: number;
  /** Until a peer that is not trusted must have said who it is. Default 10,000. */
  readonly identifyTime: number;
  /** Until a frame that has begun must be complete. Default 30,000. */
  readonly frameTime: number;
  /** How long a peer may be silent before it is asked for a sign of life, and again before it is given up. Default 30,000. */
  readonly silenceTime: number;
  /** Output that waits for a peer that has not said who it is. Default 65,536 (64 Ki). */
  readonly unknownOutputBytes: number;
  /** And for one that the server knows or trusts; beyond half of it, no more events go there. Default 8,388,608 (8 Mi). */
  readonly outputBytes: number;
  /**
   * IPC messages that a worker may have unacknowledged, each with all that was said to it in a turn; beyond it, no more
   * events go there. Default 8,192.
   */
  readonly windowMessages: number;
  /** The JSON text of the values in them, in all, and 16 for each. Default 8,388,608 (8 Mi). */
  readonly windowLength: number;
  /** Between two looks whether the other process gives a sign of life, over IPC, both ways. Default 1,000. */
  readonly heartbeatTime: number;
  /** How long it may give none until it counts as stale; counted in looks, at least two. Default 5,000. */
  readonly staleTime: number;
  /** How long a server that closes waits for its clients to take what it has said. Default 5,000. */
  readonly closeTime: number;
  /** Maps that one server holds. Default 1,024. */
  readonly maps: number;
  /** Entries of one map. Default 1,000,000. */
  readonly mapEntries: number;
  /** The keys and the JSON text of the values of one map, in all. Default 67,108,864 (64 Mi). */
  readonly mapLength: number;
  /** Longest key of a map or a cache, and longest tag. Default 1,024. */
  readonly keyLength: number;
  /** The last changes of one map, for replicas that have missed some, in all. Default 262,144 (256 Ki). */
  readonly mapLogLength: number;
  /** A part of a map's contents, at the least, unless it is the last one; it ends with the entry that makes it so long. Default 65,536 (64 Ki). */
  readonly mapPartLength: number;
  /** Event names of which one server retains the last value. Default 65,536. */
  readonly retainedValues: number;
  /** These names and the JSON text of the values, in all. Default 67,108,864 (64 Mi). */
  readonly retainedLength: number;
  /** Names of caches that the clients of one server hold. Default 1,024. */
  readonly caches: number;
  /** Invalidations that are not carried out everywhere, in all caches of one server. Default 65,536. */
  readonly invalidations: number;
}

/** What a server counts of those it has turned away: each limit by its name, and browsers of a foreign origin. */
export type TurnedAway = keyof Limits | 'origins';

/** The limits that apply where nothing else is asked for. */
export const defaultLimits: Limits = Object.freeze({
  eventNameLength: 256,
  valueLength: 8 * 1024 * 1024,
  outboxMessages: 65_536,
  outboxLength: 64 * 1024 * 1024,
  bufferMessages: 8_192,
  bufferLength: 8 * 1024 * 1024,
  batchMessages: 4_096,
  batchLength: 96 * 1024,
  subscriptionsPerClient: 100_000,
  connections: 65_536,
  clientsPerProcess: 1_024,
  idLength: 256,
  unknownFrameBytes: 16 * 1024,
  frameBytes: 1024 * 1024,
  serverFrameBytes: 32 * 1024 * 1024,
  jsonDepth: 64,
  requestsPerFrame: 128,
  requestsPerSecond: 1_000,
  connectionsPerAddress: 256,
  identifyTime: 10_000,
  frameTime: 30_000,
  silenceTime: 30_000,
  unknownOutputBytes: 64 * 1024,
  outputBytes: 8 * 1024 * 1024,
  windowMessages: 8_192,
  windowLength: 8 * 1024 * 1024,
  heartbeatTime: 1_000,
  staleTime: 5_000,
  closeTime: 5_000,
  maps: 1_024,
  mapEntries: 1_000_000,
  mapLength: 64 * 1024 * 1024,
  keyLength: 1_024,
  mapLogLength: 256 * 1024,
  mapPartLength: 64 * 1024,
  retainedValues: 65_536,
  retainedLength: 64 * 1024 * 1024,
  caches: 1_024,
  invalidations: 65_536,
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
