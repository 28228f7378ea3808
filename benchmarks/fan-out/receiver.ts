/**
 * A subscriber's book-keeping: values must come with consecutive numbers, from 0 on, over all rounds. So what is
 * lost, doubled or late shows at the next value.
 */
import { now } from './clock.js';
import { numberOf } from './values.js';

export class Receiver {
  readonly #size: number;
  #next = 0;
  #target = 0;
  #problem: Error | undefined;
  #settle: (() => void) | undefined;
  #reachedAt = 0;

  constructor(size: number) {
    this.#size = size;
  }

  receive(value: string): void {
    if (numberOf(value) !== this.#next || value.length !== this.#size) {
      this.#fail(`expected number ${this.#next}, received ${value.slice(0, 16)}`);
    } else if (this.#next === this.#target) {
      this.#fail(`received ${value.slice(0, 16)}, which nobody published in this round`);
    } else if (++this.#next === this.#target) {
      this.#reachedAt = now();
      this.#settle?.();
    }
  }

  /** From now on `count` more may come. */
  expect(count: number): void {
    this.#target = this.#next + count;
  }

  /** Resolves to when the last one came. */
  async finished(): Promise<number> {
    if (this.#next < this.#target && this.#problem === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
      });
    }
    this.verify();
    return this.#reachedAt;
  }

  /** @throws Error if something was received that should not have been. */
  verify(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  #fail(problem: string): void {
    this.#problem ??= new Error(problem);
    this.#settle?.();
  }
}
