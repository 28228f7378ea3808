/**
 * How long to wait before the next attempt to connect: twice as long each time, at random within that, so that the
 * clients of a server that starts anew do not all come at once.
 */

/** In milliseconds. */
const first = 100;
const longest = 10_000;
/** A link that lasted so long, in milliseconds, was none of a failing row. */
const lasting = 5_000;

export class Backoff {
  #failures = 0;
  #openedAt: number | undefined;

  /** The link is open. */
  opened(): void {
    this.#openedAt = performance.now();
  }

  /** The link was lost, or could not be opened. */
  failed(): void {
    if (this.#openedAt !== undefined && performance.now() - this.#openedAt >= lasting) this.#failures = 0;
    this.#openedAt = undefined;
    this.#failures += 1;
  }

  /** Milliseconds to wait now; 0 for the first attempt of all. */
  get delay(): number {
    if (this.#failures === 0) return 0;
    return Math.min(first * 2 ** (this.#failures - 1), longest) * (0.5 + Math.random() / 2);
  }
}
