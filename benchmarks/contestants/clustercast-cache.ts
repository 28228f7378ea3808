/**
 * A cache of Clustercast in each worker: what one invalidates, all drop.
 */
import { connectWorker, startPrimary } from 'clustercast';
import type { Cacher } from './contestant.js';
import { cachedEntries, chunksOf } from './entries.js';

/** How many are loaded at a time. */
const window = 1_000;

export const clustercastCache: Cacher = {
  name: 'clustercast-cache',
  description: 'client.cache() in each worker; invalidate() resolves when every worker has dropped the entry',
  isUnshared: true,

  async startPrimary() {
    await startPrimary();
  },

  async hold() {
    const client = connectWorker();
    client.on('error', (error) => {
      throw error;
    });
    await client.ready;
    /** Where entries are loaded from. */
    const source = new Map<string, string>();
    const cache = client.cache<string>('products', {
      load: (key: string) => Promise.resolve(source.get(key) as string),
      max: cachedEntries,
    });
    // Until it is told of invalidations it stores nothing.
    if (cache.isStale) await new Promise<void>((resolve) => cache.once('fresh', resolve));
    const get = (key: string): string | undefined => cache.peek(key);
    return {
      async fill(entries) {
        for (const [key, value] of entries) source.set(key, value);
        for (const chunk of chunksOf(entries, window))
          await Promise.all(chunk.map(([key]) => cache.get(key)));
      },
      join() {
        const held = [...source.keys()].filter((key) => get(key) !== undefined);
        return Promise.resolve({ size: held.length, get });
      },
      leave: () => Promise.resolve(),
      ask: (key) => cache.get(key),
      has: (key) => get(key) !== undefined,
      invalidate: (key) => cache.invalidate(key),
    };
  },
};
