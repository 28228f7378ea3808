/**
 * Seeded randomness: what is chosen is the same again for the same seed. When it happens is not, since the machine has
 * its own time.
 */

export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `min` to `max`. */
  integer(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of them; `undefined` where there is none. */
  pick<T>(all: readonly T[]): T | undefined {
    return all[this.integer(0, all.length - 1)];
  }

  /** Another sequence, for somebody else. */
  fork(): Random {
    return new Random(this.integer(0, 0xffffffff));
  }
}
