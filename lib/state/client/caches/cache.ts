/**
 * A cache of a client: what it holds, what it loads, what it is told to drop and tells others to. It holds something only
 * while it is told of every invalidation.
 */
import type { RequestOptions } from '../../../client/api.js';
import { deferred } from '../../../client/deferred.js';
import { Emitter } from '../../../client/emitter.js';
import { PubSubError } from '../../../errors.js';
import { isCount, isObject } from '../../../protocol/guards.js';
import type { Params, Result } from '../../../protocol/messages.js';
import { readKey, readTtl } from '../../given.js';
import { methods } from '../../names.js';
import { Acknowledgement } from './acknowledgement.js';
import type { Cache, CacheEvents, CacheStats, GetOptions, Invalidation, Load, WrapOptions } from './api.js';
import { readNames, readTags, type CacheSettings } from './settings.js';
import { Loads } from './loads.js';
import { everything, Outgoing } from './outgoing.js';
import { Store } from './store.js';
import { waitFor } from './wait.js';

/** What a cache needs of its client. */
export interface CacheHost {
  readonly keyLength: number;
  /** Whether the server gives no sign of life. */
  isStale(): boolean;
  /** Calls a method of the server, with so many characters of names. */
  call(method: string, params: Params, length: number, options?: RequestOptions): Promise<Result>;
  /** Asks the server to tell what is to be dropped; comes to `attached`, or to `refused`. */
  attach(): void;
  /** Ends that. */
  leave(): Promise<void>;
  failed(error: unknown): void;
}

const nothing: Invalidation = { keys: [], tags: [], all: false };

export class ClientCache implements Cache<unknown> {
  readonly name: string;
  readonly settings: CacheSettings;
  readonly #host: CacheHost;
  readonly #store: Store;
  readonly #loads: Loads;
  readonly #outgoing = new Outgoing((invalidation, options) => this.#send(invalidation, options));
  readonly #emitter = new Emitter<CacheEvents>((error) => this.#host.failed(error));
  readonly #ready = deferred<void>();
  /** There while there is a link on which invalidations come. */
  #acknowledgement: Acknowledgement | undefined;
  #state: 'stale' | 'fresh' | 'ended' = 'stale';
  /** Whether the server was asked to tell what is to be dropped: nobody is waited for who holds nothing. */
  #isUsed = false;
  /** Of the last invalidation that it was told of, or that it was told to have missed. */
  #number = 0;
  #hits = 0;
  #misses = 0;

  constructor(name: string, settings: CacheSettings, host: CacheHost) {
    this.name = name;
    this.settings = settings;
    this.#host = host;
    this.#store = new Store(settings.max, settings.ttl ?? 0);
    this.#loads = new Loads(settings.loadTimeout);
    this.#ready.promise.catch(() => undefined);
  }

  /** From now on it wants to hold something. */
  use(): void {
    if (this.#isUsed || this.#state === 'ended') return;
    this.#isUsed = true;
    this.#host.attach();
  }

  /** Sends what waits for the end of the turn. */
  flush(): void {
    this.#outgoing.flush();
  }

  get size(): number {
    return this.#store.size;
  }

  get isStale(): boolean {
    return this.#state !== 'fresh';
  }

  get ready(): Promise<void> {
    this.use();
    return this.#ready.promise;
  }

  peek(key: string): unknown {
    return this.#store.get(key);
  }

  get(key: string, options?: GetOptions): Promise<unknown> {
    const held = this.#store.get(key);
    if (held === undefined) return this.#load(key, this.settings.load, options ?? {});
    this.#hits += 1;
    return Promise.resolve(held);
  }

  wrap<T>(key: string, load: Load<T>, options?: WrapOptions): Promise<T> {
    const held = this.#store.get(key);
    if (held !== undefined) this.#hits += 1;
    // What is held under a key is what loads of this key have returned.
    return (held === undefined ? this.#load(key, load, options ?? {}) : Promise.resolve(held)) as Promise<T>;
  }

  invalidate(keys: string | readonly string[], options?: RequestOptions): Promise<void> {
    return this.#invalidate(
      () => ({ ...nothing, keys: readNames(keys, this.#host.keyLength, 'a key') }),
      options,
    );
  }

  invalidateTag(tags: string | readonly string[], options?: RequestOptions): Promise<void> {
    return this.#invalidate(
      () => ({ ...nothing, tags: readNames(tags, this.#host.keyLength, 'a tag') }),
      options,
    );
  }

  clear(options?: RequestOptions): Promise<void> {
    return this.#invalidate(() => everything, options);
  }

  stats(): CacheStats {
    return {
      size: this.#store.size,
      hits: this.#hits,
      misses: this.#misses,
      loads: this.#loads.begun,
      loading: this.#loads.size,
      fenced: this.#loads.fenced,
    };
  }

  on<Type extends keyof CacheEvents>(type: Type, listener: (...args: CacheEvents[Type]) => void): this {
    this.#emitter.on(type, listener);
    return this;
  }

  once<Type extends keyof CacheEvents>(type: Type, listener: (...args: CacheEvents[Type]) => void): this {
    this.#emitter.once(type, listener);
    return this;
  }

  off<Type extends keyof CacheEvents>(type: Type, listener: (...args: CacheEvents[Type]) => void): this {
    this.#emitter.off(type, listener);
    return this;
  }

  async close(): Promise<void> {
    this.flush();
    this.ended(undefined);
    await this.#host.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Invalidations come on a link from here on, after the one of this number. */
  attached(subscriptionId: string, number: number): void {
    this.#number = number;
    this.#acknowledgement?.end();
    this.#acknowledgement = new Acknowledgement((upTo) =>
      this.#host.call(methods.droppedInCache, { subscription_id: subscriptionId, up_to: upTo }, 0),
    );
    this.livenessChanged();
  }

  /** An invalidation has come, or something that is none. */
  received(value: unknown): void {
    const invalidation = readInvalidation(value);
    if (invalidation === undefined) {
      this.#host.failed(
        new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent nonsense instead of what a cache is to drop'),
      );
      this.missed(undefined);
      return;
    }
    this.#drop(invalidation);
    this.#number = invalidation.number;
    this.#acknowledgement?.add(this.#number);
    this.#tell(invalidation);
  }

  /** So many have not come, if that is known: whatever they were, they are carried out by this. */
  missed(count: number | undefined): void {
    this.#drop(everything);
    if (count !== undefined) {
      this.#number += count;
      this.#acknowledgement?.add(this.#number);
    }
    this.#tell(everything);
  }

  /** None come any more, on this link. */
  lost(): void {
    this.#acknowledgement?.end();
    this.#acknowledgement = undefined;
    this.livenessChanged();
  }

  /** The server may give a sign of life again, or none any more. */
  livenessChanged(): void {
    if (this.#state === 'ended') return;
    const isFresh = this.#acknowledgement !== undefined && !this.#host.isStale();
    if (isFresh === (this.#state === 'fresh')) return;
    // Also what is being loaded: it may be from before what was not heard.
    this.#drop(everything);
    this.#state = isFresh ? 'fresh' : 'stale';
    if (isFresh) this.#ready.resolve();
    this.#emitter.emit(this.#state);
  }

  /** It will never be told of invalidations: it holds nothing, and loads each time. */
  refused(error: unknown): void {
    this.#ready.reject(error);
  }

  ended(error: Error | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#acknowledgement?.end();
    this.#drop(everything);
    this.#ready.reject(error ?? closed());
    this.#emitter.emit('close');
  }

  /** What is not held. */
  async #load(
    key: string,
    load: Load<unknown> | undefined,
    { ttl, tags, ...waiting }: WrapOptions,
  ): Promise<unknown> {
    waiting.signal?.throwIfAborted();
    readKey(key, this.#host.keyLength);
    if (this.#state === 'ended') throw closed();
    if (typeof load !== 'function') {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', 'the cache has no load: it has wrap() only');
    }
    readTtl(ttl);
    const given = tags === undefined ? undefined : readTags(tags, this.#host.keyLength);
    this.use();
    this.#misses += 1;
    const value =
      this.#loads.find(key) ??
      this.#loads.begin(key, load, this.#state !== 'fresh', (loaded) => this.#keep(key, loaded, given, ttl));
    return waitFor(value, waiting);
  }

  #keep(key: string, value: unknown, given: readonly string[] | undefined, ttl: number | undefined): void {
    if (value === undefined) return;
    const tags = given ?? readTags(this.settings.tags?.(value, key) ?? [], this.#host.keyLength);
    this.#store.set(key, value, tags, ttl);
  }

  async #invalidate(read: () => Invalidation, options: RequestOptions | undefined): Promise<void> {
    if (this.#state === 'ended') throw closed();
    const invalidation = read();
    if (!invalidation.all && invalidation.keys.length + invalidation.tags.length === 0) return;
    this.#drop(invalidation);
    // With a time or a signal of its own it travels alone.
    await (options === undefined
      ? this.#outgoing.add(invalidation)
      : this.#outgoing.send(invalidation, options));
  }

  async #send({ keys, tags, all }: Invalidation, options: RequestOptions): Promise<void> {
    const what = all ? { all } : { ...(keys.length > 0 && { keys }), ...(tags.length > 0 && { tags }) };
    const length = [...keys, ...tags].reduce((sum, name) => sum + name.length, 0);
    await this.#host.call(methods.invalidateInCache, { cache: this.name, ...what }, length, options);
  }

  /** What is dropped is not held any more, and what is being loaded of it will not be. */
  #drop({ keys, tags, all }: Invalidation): void {
    if (all) this.#store.clear();
    for (const tag of tags) this.#store.deleteTag(tag);
    for (const key of keys) {
      this.#store.delete(key);
      this.#loads.fence(key);
    }
    // The tags of what is being loaded are not known yet.
    if (all || tags.length > 0) this.#loads.fenceAll();
  }

  #tell({ keys, tags, all }: Invalidation): void {
    this.#emitter.emit('invalidate', { keys, tags, all });
  }
}

/** @returns `undefined` where it is none. */
function readInvalidation(value: unknown): (Invalidation & { readonly number: number }) | undefined {
  if (!isObject(value)) return undefined;
  const { number, keys = [], tags = [], all = false } = value;
  const isOne = isCount(number) && areNames(keys) && areNames(tags) && typeof all === 'boolean';
  return isOne ? { number, keys, tags, all } : undefined;
}

function areNames(names: unknown): names is readonly string[] {
  return Array.isArray(names) && names.every((name) => typeof name === 'string');
}

function closed(): PubSubError {
  return new PubSubError('ERR_PUBSUB_CLOSED', 'the cache is closed');
}
