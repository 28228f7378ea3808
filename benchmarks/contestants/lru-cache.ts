/**
 * The floor of whatever caches: an `lru-cache` that nobody else knows.
 */
import type { Keeper } from './contestant.js';
import { cachedEntries } from './entries.js';

export const lruCache: Keeper = {
  name: 'lru-cache',
  description: 'lru-cache, of its own in each process, which nobody else knows',
  isUnshared: true,
  package: 'lru-cache',

  startPrimary: () => Promise.resolve(),

  async hold() {
    const { LRUCache } = await import('lru-cache');
    const cache = new LRUCache<string, string>({ max: cachedEntries });
    return {
      fill(entries) {
        for (const [key, value] of entries) cache.set(key, value);
        return Promise.resolve();
      },
      join: () => Promise.resolve(cache),
      leave: () => Promise.resolve(),
      ask: (key) => cache.get(key),
    };
  },
};
