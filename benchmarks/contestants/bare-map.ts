/**
 * The floor of whatever is read from local memory: a `Map` that nobody else knows.
 */
import type { Keeper } from './contestant.js';

export const bareMap: Keeper = {
  name: 'map',
  description: 'a Map of its own in each process, which nobody else knows',
  isUnshared: true,

  startPrimary: () => Promise.resolve(),

  hold() {
    const map = new Map<string, string>();
    return Promise.resolve({
      fill(entries) {
        for (const [key, value] of entries) map.set(key, value);
        return Promise.resolve();
      },
      join: () => Promise.resolve(map),
      leave: () => Promise.resolve(),
      ask: (key) => map.get(key),
    });
  },
};
