/**
 * The loads of a cache that are in flight: one for each key, shared by all who ask for it, unless it was fenced meanwhile.
 * Knows not what is held.
 */
import { deferred } from '../../../client/deferred.js';
import { PubSubError } from '../../../errors.js';
import type { Load } from './api.js';

interface Loading {
  readonly value: Promise<unknown>;
  /** Whether its result may be from before an invalidation. */
  isFenced: boolean;
}

export class Loads {
  readonly #inFlight = new Map<string, Loading>();
  readonly #timeout: number;
  #begun = 0;
  #fenced = 0;

  /** @param timeout of a load, in milliseconds. */
  constructor(timeout: number) {
    this.#timeout = timeout;
  }

  /** How many are in flight for whoever asks. */
  get size(): number {
    return this.#inFlight.size;
  }

  get begun(): number {
    return this.#begun;
  }

  /** How many have brought what is not kept. */
  get fenced(): number {
    return this.#fenced;
  }

  /** The load of a key that is in flight, and brings what is so now. */
  find(key: string): Promise<unknown> | undefined {
    return this.#inFlight.get(key)?.value;
  }

  /**
   * Begins a load.
   *
   * @param isFenced whether it is from the start.
   * @param keep is given what it brings, unless it is fenced by then, before anybody else; what that throws is what the load
   * rejects with.
   */
  begin(
    key: string,
    load: Load<unknown>,
    isFenced: boolean,
    keep: (value: unknown) => void,
  ): Promise<unknown> {
    this.#begun += 1;
    const { promise, resolve } = deferred<unknown>();
    const loading: Loading = { isFenced, value: promise };
    // Before `load` is called: it may itself ask for the key, or invalidate it.
    this.#inFlight.set(key, loading);
    resolve(
      within(this.#timeout, key, load).then(
        (value) => {
          this.#end(key, loading);
          if (loading.isFenced) this.#fenced += 1;
          else keep(value);
          return value;
        },
        (error: unknown) => {
          this.#end(key, loading);
          throw error;
        },
      ),
    );
    // Whoever waits for it may have given up by then.
    promise.catch(() => undefined);
    return promise;
  }

  /** What the load of a key brings is for those who wait for it already, and for nobody else. */
  fence(key: string): void {
    const loading = this.#inFlight.get(key);
    if (loading === undefined) return;
    loading.isFenced = true;
    this.#inFlight.delete(key);
  }

  fenceAll(): void {
    for (const loading of this.#inFlight.values()) loading.isFenced = true;
    this.#inFlight.clear();
  }

  #end(key: string, loading: Loading): void {
    if (this.#inFlight.get(key) === loading) this.#inFlight.delete(key);
  }
}

/** Calls `load` at once. */
function within(timeout: number, key: string, load: Load<unknown>): Promise<unknown> {
  const controller = new AbortController();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new PubSubError('ERR_PUBSUB_TIMEOUT', `the load has not ended within ${timeout} ms`);
      reject(error);
      controller.abort(error);
    }, timeout);
    const stop = (): void => clearTimeout(timer);
    const loaded = new Promise((settle) => settle(load(key, { signal: controller.signal })));
    loaded.then(stop, stop);
    loaded.then(resolve, reject);
  });
}
