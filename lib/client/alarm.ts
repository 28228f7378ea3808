/**
 * One timer for many deadlines: rings at the earliest of those that it was asked for since it last rang. A
 * timer for each request would cost more than the request.
 */
import { holdProcess } from './timeout.js';

export class Alarm {
  readonly #ring: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #deadline = Infinity;
  #holdsProcess = true;

  /** @param ring has to look which deadlines have passed, and to ask for the next one. */
  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** Rings at `deadline`, by the clock of `performance.now()`, or earlier. */
  setFor(deadline: number): void {
    if (deadline >= this.#deadline) return;
    this.clear();
    this.#deadline = deadline;
    const wait = Math.max(1, Math.ceil(deadline - performance.now()));
    this.#timer = setTimeout(() => {
      this.clear();
      this.#ring();
    }, wait);
    holdProcess(this.#timer, this.#holdsProcess);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#deadline = Infinity;
  }

  /** Whether a deadline keeps the process alive. Default: it does. */
  hold(holds: boolean): void {
    this.#holdsProcess = holds;
    holdProcess(this.#timer, holds);
  }
}
