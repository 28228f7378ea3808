/** Caches as their users see them, the same on every transport. */
import type { RequestOptions } from '../../../client/api.js';
import type { NameOf, StateClient, StateTypes, ValueOf } from '../api.js';

/**
 * Gets the value of a key from where it lives. What it throws, or rejects with, is what those get who have asked for the
 * key; nothing is kept then.
 *
 * @param context `signal` is aborted when the load takes longer than it may.
 */
export type Load<V> = (key: string, context: { readonly signal: AbortSignal }) => V | Promise<V>;

export interface CacheOptions<V> {
  /** What `get()` calls for a key that is not here. Without it there is `wrap()`; and a cache that is only told to invalidate holds nothing. */
  readonly load?: Load<V> | undefined;
  /** Entries in this process; those used least recently make room. From 1 to 16,777,216. Default 10,000. */
  readonly max?: number | undefined;
  /** How long an entry is good for: a whole number of milliseconds from 1. Default: until it is invalidated, or has to make room. */
  readonly ttl?: number | undefined;
  /** By which tags an entry can be invalidated as well; at most 64. Default: none. */
  readonly tags?: ((value: V, key: string) => readonly string[]) | undefined;
  /** How long a load may take, in milliseconds from 1 to 2,147,483,647. Default: what the client has as its `timeout`. */
  readonly loadTimeout?: number | undefined;
}

/** How long one caller waits. The load goes on: others may wait for it, too. Default: as long as the load may take. */
export interface GetOptions {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds, from 1 to 2,147,483,647. */
  readonly timeout?: number | undefined;
}

/** Those of who begins a load are what its entry has: all who ask for a key should give the same. */
export interface WrapOptions extends GetOptions {
  /** Of this entry, instead of the cache's: a whole number of milliseconds from 1. */
  readonly ttl?: number | undefined;
  /** Of this entry, instead of what the cache's `tags` makes: as many and as long as those may be. */
  readonly tags?: readonly string[] | undefined;
}

/** What is dropped. */
export interface Invalidation {
  readonly keys: readonly string[];
  /** Every entry that has one of them. */
  readonly tags: readonly string[];
  /** Every entry: the cache was cleared, or it is not known what was invalidated. */
  readonly all: boolean;
}

/** What a cache raises. */
export interface CacheEvents {
  /** Something was dropped here, since somebody has said so, this client included, or since a gap was told. */
  invalidate: [invalidation: Invalidation];
  /** It can not be told of invalidations: the link is lost, or the server gives no sign of life. It holds nothing, and loads each time. */
  stale: [];
  /** It keeps what it loads again. */
  fresh: [];
  /** It has ended. */
  close: [];
}

/** What there is now, and counts since the start. */
export interface CacheStats {
  /** Entries that it holds. */
  readonly size: number;
  readonly hits: number;
  readonly misses: number;
  /** Loads that were begun: fewer than misses where several ask at once. */
  readonly loads: number;
  /** Loads that are in flight now, for whoever asks. */
  readonly loading: number;
  /** Loads whose result was not kept, since something was invalidated meanwhile, or may have been. */
  readonly fenced: number;
}

/**
 * A cache in this process of what lives elsewhere, such as in a database. Who changes something there says so, with
 * `invalidate()`, after the change: when that has resolved no replica of the cache returns the older value to whoever asks
 * from then on. A replica that can not be told holds nothing: so the worst case is a load, never a stale hit.
 *
 * A key is a well-formed string of at most `keyLength` characters. What is `undefined` is not kept. What `get()` returns is
 * shared: treat it as read-only.
 */
export interface Cache<V> extends AsyncDisposable {
  readonly name: string;
  /** How many entries it holds. */
  readonly size: number;
  /** Whether it can not be told of invalidations now, and so holds nothing: also until it is told for the first time. */
  readonly isStale: boolean;
  /**
   * Resolves when it keeps what it loads, for the first time. Rejects, once, where it never will: `ERR_PUBSUB_FORBIDDEN` where
   * it was not granted, `ERR_PUBSUB_UNSUPPORTED` where the server has no caches, `ERR_PUBSUB_CLOSED`. It goes on without
   * keeping anything then; the client has raised `'error'`. To read it makes this process a replica, as the first `get()` does.
   */
  readonly ready: Promise<void>;
  /** What it holds, at once. Counts as a use, and neither as a hit nor as a miss. */
  peek(key: string): V | undefined;
  /** As {@link Cache.wrap}, with the cache's own `load`; without one it rejects with `ERR_PUBSUB_INVALID_ARGUMENT`. */
  get(key: string, options?: GetOptions): Promise<V>;
  /**
   * What it holds, or else what `load` returns; for one key one load is in flight at a time, and shared by all who ask
   * meanwhile. An invalidation ends that: who asks after it is given another load, and the result of the one before is for those
   * who have asked before only, and is not kept.
   *
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` or `ERR_PUBSUB_LIMIT` for a key or tags that are none,
   * `ERR_PUBSUB_TIMEOUT` where it takes too long, `ERR_PUBSUB_CLOSED`; and what `load` throws.
   */
  wrap<T extends V>(key: string, load: Load<T>, options?: WrapOptions): Promise<T>;
  /**
   * Drops keys everywhere. Resolves when every replica has, or is gone. What is invalidated in one turn travels together.
   *
   * @throws PubSubError as {@link StateClient.publish} does. Then the others may have dropped it or not; in this process it is dropped.
   */
  invalidate(keys: string | readonly string[], options?: RequestOptions): Promise<void>;
  /** Likewise, every entry that has one of these tags. */
  invalidateTag(tags: string | readonly string[], options?: RequestOptions): Promise<void>;
  /** Likewise, every entry. */
  clear(options?: RequestOptions): Promise<void>;
  stats(): CacheStats;

  on<Type extends keyof CacheEvents>(type: Type, listener: (...args: CacheEvents[Type]) => void): this;
  once<Type extends keyof CacheEvents>(type: Type, listener: (...args: CacheEvents[Type]) => void): this;
  off<Type extends keyof CacheEvents>(type: Type, listener: (...args: CacheEvents[Type]) => void): this;

  /** Ends it, for all in this client who use it. Loads that are in flight still end. May be called twice. */
  close(): Promise<void>;
}

/** A client that holds caches, too. `State` may say what is in them, as it does for maps. */
export interface CacheClient<
  Events = Record<string, unknown>,
  State extends StateTypes = StateTypes,
> extends StateClient<Events, State> {
  /**
   * A cache, which is there at once. A client has one of each name: whoever asks again, with the same options or none, gets the
   * same.
   *
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a name or options that are none, or other options than those that the
   * cache has; `ERR_PUBSUB_CLOSED`.
   */
  cache<V>(
    name: State extends { readonly caches: object } ? never : string,
    options?: CacheOptions<V>,
  ): Cache<V>;
  /** Likewise, where `State` declares what is in its caches. */
  cache<Name extends NameOf<State, 'caches'>>(
    name: Name,
    options?: CacheOptions<ValueOf<State, 'caches', Name>>,
  ): Cache<ValueOf<State, 'caches', Name>>;
}
