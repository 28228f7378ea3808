/** What a cache holds in this process, by key and by tag. Knows no server and no load. */
import { LRUCache } from 'lru-cache';

/** What the library's types take for a value. They leave out `null`, which it holds like anything else. */
type Held = object | string | number | boolean;

export class Store {
  readonly #lru: LRUCache<string, Held>;
  /** Of those entries that have any. */
  readonly #tags = new Map<string, readonly string[]>();
  readonly #keys = new Map<string, Set<string>>();

  /** @param ttl in milliseconds; 0 stands for none. */
  constructor(max: number, ttl: number) {
    this.#lru = new LRUCache({ max, ttl, dispose: (_value, key) => this.#untag(key) });
  }

  get size(): number {
    return this.#lru.size;
  }

  get(key: string): unknown {
    return this.#lru.get(key);
  }

  /**
   * @param value anything but `undefined`.
   * @param ttl instead of that of all.
   */
  set(key: string, value: unknown, tags: readonly string[], ttl: number | undefined): void {
    // The library disposes of nothing where the value is the same.
    this.#untag(key);
    this.#lru.set(key, value as Held, ttl === undefined ? undefined : { ttl });
    if (tags.length === 0) return;
    this.#tags.set(key, tags);
    for (const tag of tags) {
      const keys = this.#keys.get(tag);
      if (keys === undefined) this.#keys.set(tag, new Set([key]));
      else keys.add(key);
    }
  }

  delete(key: string): void {
    this.#lru.delete(key);
  }

  deleteTag(tag: string): void {
    for (const key of this.#keys.get(tag) ?? []) this.#lru.delete(key);
  }

  clear(): void {
    this.#tags.clear();
    this.#keys.clear();
    this.#lru.clear();
  }

  #untag(key: string): void {
    const tags = this.#tags.get(key);
    if (tags === undefined) return;
    this.#tags.delete(key);
    for (const tag of tags) {
      const keys = this.#keys.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keys.delete(tag);
    }
  }
}
