/** The client with all wings of this package, caches included. */
import { ActiveSubscription, type SubscriptionHost } from '../../client/subscription.js';
import type { Gap } from '../../client/api.js';
import type { Ask } from '../../client/requests.js';
import { PubSubError } from '../../errors.js';
import { isCount } from '../../protocol/guards.js';
import { checkEventName } from '../../protocol/event-name.js';
import type { Result } from '../../protocol/messages.js';
import { cacheEvent, methods } from '../names.js';
import { Attachment, mayPass } from './attachment.js';
import type { Cache, CacheClient, CacheOptions } from './caches/api.js';
import { areSame, settingsOf } from './caches/settings.js';
import { ClientCache } from './caches/cache.js';
import { ReplicatingClient } from './client.js';

export class CachingClient extends ReplicatingClient implements CacheClient {
  readonly #caches = new Map<string, ClientCache>();

  cache<V>(name: string, options?: CacheOptions<V>): Cache<V> {
    // What is in it is what this process loads.
    const wanted = options as CacheOptions<unknown> | undefined;
    const known = this.#caches.get(name);
    if (known === undefined) return this.#newCache(name, wanted ?? {}) as Cache<unknown> as Cache<V>;
    if (wanted !== undefined && !areSame(known.settings, settingsOf(wanted, this.timeout))) {
      throw new PubSubError(
        'ERR_PUBSUB_INVALID_ARGUMENT',
        'this client has a cache of this name, with other options',
      );
    }
    return known as Cache<unknown> as Cache<V>;
  }

  override close(): Promise<void> {
    for (const cache of this.#caches.values()) cache.flush();
    return super.close();
  }

  override lost(error: PubSubError | undefined): void {
    for (const cache of this.#caches.values()) cache.lost();
    super.lost(error);
  }

  override stale(isStale: boolean): void {
    super.stale(isStale);
    for (const cache of this.#caches.values()) cache.livenessChanged();
  }

  override ended(error: PubSubError | undefined): void {
    for (const cache of [...this.#caches.values()]) cache.ended(error);
    super.ended(error);
  }

  #newCache(name: string, options: CacheOptions<unknown>): ClientCache {
    checkEventName(name, this.limits.eventNameLength);
    const { state } = this.stats();
    if (state === 'closing' || state === 'closed') {
      throw new PubSubError('ERR_PUBSUB_CLOSED', 'the client is closed');
    }
    const attachment = new Attachment();
    const cache: ClientCache = new ClientCache(name, settingsOf(options, this.timeout), {
      keyLength: this.limits.keyLength,
      isStale: () => this.stats().isStale,
      call: (method, params, length, requestOptions) => this.request(method, params, requestOptions, length),
      attach: () => this.#attach(cache, attachment),
      leave: () => attachment.leave(),
      failed: (error) => this.failed(error),
    });
    this.#caches.set(name, cache);
    cache.once('close', () => {
      this.#caches.delete(name);
      attachment.end();
    });
    if (options.load !== undefined) cache.use();
    return cache;
  }

  /** Asks the server for the cache, again and again where there is no link, or no room. */
  #attach(cache: ClientCache, attachment: Attachment): void {
    const over = (error: unknown): void => {
      if (!this.#has(cache)) return;
      if (mayPass(error)) attachment.later(() => this.#attach(cache, attachment));
      else cache.refused(error);
    };
    const failed = (error: unknown): void => {
      if (this.#has(cache)) this.failed(error);
      over(error);
    };
    const subscription = new CacheSubscription(cache, this, over);
    attachment.subscription = subscription;
    this.enterAlone(subscription, () => this.#has(cache), failed);
  }

  #has(cache: ClientCache): boolean {
    return this.#caches.get(cache.name) === cache;
  }
}

/** A client's subscription to what is to be dropped from a cache. */
class CacheSubscription extends ActiveSubscription {
  readonly #cache: ClientCache;
  readonly #over: (error: unknown) => void;

  /** @param over is told why it is over, where nobody wished that; the client has raised it. */
  constructor(cache: ClientCache, host: SubscriptionHost, over: (error: unknown) => void) {
    super(
      cacheEvent(cache.name),
      host,
      (invalidation) => cache.received(invalidation),
      ({ count }) => cache.missed(count),
    );
    this.#cache = cache;
    this.#over = over;
  }

  override ask(): Ask {
    return { method: methods.attachCache, params: { cache: this.#cache.name } };
  }

  override activate(id: string, result: Result, gap?: Gap): void {
    super.activate(id, result, gap);
    const { number } = result;
    this.#cache.attached(id, isCount(number) ? number : 0);
  }

  override end(error?: Error): void {
    super.end(error);
    if (error === undefined) return;
    this.#cache.lost();
    this.#over(error);
  }
}
