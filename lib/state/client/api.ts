/** Replicated state as its users see it, the same on every transport. */
import type {
  Client,
  EventName,
  Message as PlainMessage,
  PublishResult,
  RequestOptions,
  SubscribeOptions as PlainSubscribeOptions,
  Subscription,
} from '../../client/api.js';
import { PubSubError } from '../../errors.js';

/** The state that a client knows by name: the types of the values in each of its maps and caches. */
export interface StateTypes {
  readonly maps?: object;
  readonly caches?: object;
}

/** The names that `State` declares of a kind; any where it declares none. */
export type NameOf<State extends StateTypes, Kind extends keyof StateTypes> =
  State extends Readonly<Record<Kind, infer Values>> ? keyof Values & string : string;

/** The type of the values in what has one of these names. */
export type ValueOf<State extends StateTypes, Kind extends keyof StateTypes, Name extends string> =
  State extends Readonly<Record<Kind, infer Values>>
    ? Name extends keyof Values
      ? Values[Name]
      : never
    : unknown;

/** What a key of a map holds. */
export interface MapEntry<V> {
  /** Shared by all who ask for it: treat it as read-only. */
  readonly value: V;
  /** Of the map, by the change that made it; for a compare-and-set. */
  readonly version: number;
}

/** A change to one key of a map, as this replica has made it. */
export interface MapChange<V> {
  readonly key: string;
  /** `undefined` where the key holds nothing any more. */
  readonly value: V | undefined;
  /** `undefined` where it held nothing before. */
  readonly previous: V | undefined;
  /** Of the map. Several changes share one where they were made at once: a `clear()`, or a repair. */
  readonly version: number;
  /** Whether it holds nothing any more since its time is over. Not known where that is learned from a repair. */
  readonly isExpired: boolean;
}

/** What a map raises. */
export interface MapEvents<V> {
  /** A key was changed, by whomever. Once for each key where many were changed at once. */
  change: [change: MapChange<V>];
  /**
   * This replica may lack changes that others know: some were left out, the link was lost, or the server gives no sign
   * of life. It goes on with what it has, and repairs itself as soon as it can.
   */
  stale: [];
  /** It lacks nothing any more, and the differences have been told as changes. */
  fresh: [];
  /** It has ended, and stays as it is. */
  close: [];
}

export interface WriteOptions extends RequestOptions {
  /**
   * Only if the key is of this version, or holds nothing, for 0. A version from an earlier run of the server is meaningless:
   * `update()` handles that, and code that stores versions reads them anew after `'stale'`. `undefined` stands for no condition.
   */
  readonly ifVersion?: number | undefined;
}

export interface SetOptions extends WriteOptions {
  /** After so many milliseconds the key holds nothing any more; a whole number from 1. Default: it stays. */
  readonly ttl?: number | undefined;
}

export interface UpdateOptions extends RequestOptions {
  /** As in {@link SetOptions}. */
  readonly ttl?: number | undefined;
}

export interface IncrementOptions extends RequestOptions {
  /** As in {@link SetOptions}, but counted from when the key was made: later increments keep the time that is left. */
  readonly ttl?: number | undefined;
}

/**
 * A compare-and-set that found another version. Nothing was changed.
 */
export class ConflictError<V = unknown> extends PubSubError {
  /** What the key holds now, or `undefined` where it holds nothing. */
  readonly current: MapEntry<V> | undefined;

  constructor(current: MapEntry<V> | undefined) {
    super(
      'ERR_PUBSUB_CONFLICT',
      `the key ${current === undefined ? 'holds nothing' : `is of version ${current.version}`} now`,
    );
    this.current = current;
  }
}

/**
 * A map that every process may hold a replica of. The server has the authority, and one order of changes: a replica
 * passes through states that the server had, in that order, and no others. It is read at once, from local memory, and
 * written through the server: a write resolves when it is in this replica, too.
 *
 * A key is a well-formed string of at most `keyLength` (1,024) characters, and may be empty.
 *
 * Writes reject with a {@link PubSubError}, and nothing has changed: `INVALID_ARGUMENT`, `SERIALIZE`, `LIMIT`, `CONFLICT`,
 * `FORBIDDEN`, `UNAUTHORIZED`, `NO_PRIMARY`, `BACKPRESSURE` or `CLOSED`, each with the prefix `ERR_PUBSUB_`. With `TIMEOUT`,
 * `OUTCOME_UNKNOWN` or `PROTOCOL` it may have.
 */
export interface ReplicatedMap<V> extends Iterable<[key: string, value: V]>, AsyncDisposable {
  readonly name: string;
  /** How many keys hold a value. */
  readonly size: number;
  /** Of the last change that this replica has made. */
  readonly version: number;
  /** Whether it may lack changes that others know. */
  readonly isStale: boolean;
  get(key: string): V | undefined;
  has(key: string): boolean;
  /** What a key holds with its version, for a compare-and-set. */
  entry(key: string): MapEntry<V> | undefined;
  keys(): IterableIterator<string>;
  values(): IterableIterator<V>;
  entries(): IterableIterator<[key: string, value: V]>;
  [Symbol.iterator](): IterableIterator<[key: string, value: V]>;

  /** Resolves with the version that the key is of now. */
  set(key: string, value: V, options?: SetOptions): Promise<number>;
  /** Resolves with whether the key held anything. */
  delete(key: string, options?: WriteOptions): Promise<boolean>;
  /** Removes every key, at once. */
  clear(options?: RequestOptions): Promise<void>;
  /**
   * Sets a key to what `change` makes of its value, and again where another write came in between; so it may be called
   * more than once. Where it returns `undefined` the key is deleted. Resolves with what it returned.
   *
   * @throws PubSubError also `ERR_PUBSUB_CONFLICT` where others came in between until the time was over.
   */
  update<Next extends V | undefined>(
    key: string,
    change: (value: V | undefined) => Next | Promise<Next>,
    options?: UpdateOptions,
  ): Promise<Next>;
  /**
   * Adds to a number, in the server; to 0 where the key holds nothing. Resolves with the sum.
   *
   * @param by Default 1.
   * @throws PubSubError also `ERR_PUBSUB_INVALID_ARGUMENT` where the key holds something else.
   */
  increment(
    this: ReplicatedMap<number>,
    key: string,
    by?: number,
    options?: IncrementOptions,
  ): Promise<number>;

  on<Type extends keyof MapEvents<V>>(type: Type, listener: (...args: MapEvents<V>[Type]) => void): this;
  once<Type extends keyof MapEvents<V>>(type: Type, listener: (...args: MapEvents<V>[Type]) => void): this;
  off<Type extends keyof MapEvents<V>>(type: Type, listener: (...args: MapEvents<V>[Type]) => void): this;

  /** Ends this replica, for all in this client who hold it; it stays as it is. May be called twice. */
  close(): Promise<void>;
}

export interface PublishOptions extends RequestOptions {
  /**
   * Whether the server keeps the value, in the place of the one that it kept of this event before, for those who
   * subscribe later with `retained: true`. Default: it does not, and keeps what it has.
   */
  readonly retain?: boolean | undefined;
}

export interface SubscribeOptions extends PlainSubscribeOptions {
  /**
   * Whether the subscription begins with the value that the server retains of this event, if it does: nothing is missing
   * or doubled between it and those that follow. After a lost link the gap is told, and then comes the value that is
   * retained at that moment, be it a new one or not. Default: it begins with the next publish.
   */
  readonly retained?: boolean | undefined;
}

/** One value as it arrived. */
export interface Message<T> extends PlainMessage<T> {
  /** There where the server had retained it, for a subscription with `retained: true`. */
  readonly retained?: true;
}

/**
 * Called with each value of a subscription, in the server's order. What it throws, or what the promise it
 * returns rejects with, raises `'error'` on the client and has no other effect.
 */
export type Handler<T> = (value: T, message: Message<T>) => unknown;

/**
 * A client that holds replicas of state. `State` says what is in its maps, as `Events` does for events:
 *
 * ```ts
 * const client = connectWorker<Events, { maps: { flags: Flag } }>();
 * const flags = await client.map('flags');
 * ```
 */
export interface StateClient<
  Events = Record<string, unknown>,
  State extends StateTypes = StateTypes,
> extends Client<Events> {
  publish<Name extends EventName<Events>>(
    event: Name,
    value: Events[Name],
    options?: PublishOptions,
  ): Promise<PublishResult>;
  /** Publishes `null`, and the server retains nothing of this event any more. */
  publish(
    event: EventName<Events>,
    value: undefined,
    options: PublishOptions & { readonly retain: true },
  ): Promise<PublishResult>;

  subscribe<Name extends EventName<Events>>(
    event: Name,
    options?: SubscribeOptions,
  ): Promise<Subscription<Events[Name]>>;
  subscribe<Name extends EventName<Events>>(
    event: Name,
    handler: Handler<Events[Name]>,
    options?: SubscribeOptions,
  ): Promise<Subscription<Events[Name]>>;

  /**
   * A replica of a map, with its contents in place. A client has one of each name: whoever asks again gets the same.
   *
   * @throws PubSubError as {@link Client.subscribe} does; `ERR_PUBSUB_FORBIDDEN` where it was not granted, and
   * `ERR_PUBSUB_UNSUPPORTED` where the server holds no maps.
   */
  map<V>(
    name: State extends { readonly maps: object } ? never : string,
    options?: RequestOptions,
  ): Promise<ReplicatedMap<V>>;
  /** Likewise, where `State` declares what is in its maps. */
  map<Name extends NameOf<State, 'maps'>>(
    name: Name,
    options?: RequestOptions,
  ): Promise<ReplicatedMap<ValueOf<State, 'maps', Name>>>;
}
