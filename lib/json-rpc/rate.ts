/**
 * A rate: so many a second, as many at once where there was a pause, and more once that is made up for.
 */
export class Rate {
  readonly #perSecond: number;
  #left: number;
  #countedAt = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Milliseconds until there is room for one more; 0 where there is. */
  get wait(): number {
    const now = performance.now();
    const gained = ((now - this.#countedAt) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#left + gained, this.#perSecond);
    this.#countedAt = now;
    return this.#left >= 1 ? 0 : Math.ceil(((1 - this.#left) / this.#perSecond) * 1000);
  }

  /** Takes up room for `count`, also more than there is. */
  take(count: number): void {
    this.#left -= count;
  }
}
