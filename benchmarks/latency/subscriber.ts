/**
 * A subscriber: notes when each value came, which must be once and in order, and tells the publisher where this waits
 * for it.
 */
import { now } from '../harness/clock.js';
import type { ProgressTeller } from '../harness/progress.js';
import { numberOf } from '../harness/values.js';
import { size, type Round } from './round.js';

export class Subscriber {
  readonly #teller: ProgressTeller;
  #receivedAt: number[] = [];
  #next = 0;
  #end = 0;
  #tells = false;
  #problem: Error | undefined;
  #settle: (() => void) | undefined;

  constructor(teller: ProgressTeller) {
    this.#teller = teller;
  }

  receive(value: string): void {
    this.#receivedAt.push(now());
    if (numberOf(value) !== this.#next || value.length !== size || this.#next >= this.#end) {
      this.#fail(`expected number ${this.#next} of ${this.#end}, received ${value.slice(0, 16)}`);
      return;
    }
    this.#next += 1;
    if (this.#tells) this.#teller.tell();
    if (this.#next === this.#end) this.#settle?.();
  }

  /** From now on `count` more may come. */
  expect({ count, rate }: Round): void {
    this.#receivedAt = [];
    this.#end += count;
    this.#tells = rate === undefined;
  }

  /** Resolves to when each came. */
  async finished(): Promise<readonly number[]> {
    if (this.#next < this.#end && this.#problem === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
      });
    }
    this.verify();
    return this.#receivedAt;
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
