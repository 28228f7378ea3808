/**
 * Judges what one member publishes: in the order of all events its values keep their own order, none comes twice, and
 * each answer is true. An accepted value is in the order by then; one that was certainly not accepted never is.
 */
import type { Tell } from './stream.js';

export class Publications {
  readonly #tell: Tell;
  #last = 0;
  /** In the order, and not yet heard to be accepted: where. */
  readonly #unconfirmed = new Map<number, number>();
  /** Who wants to know where a value is that is not in the order yet. */
  readonly #awaited = new Map<number, (position: number) => void>();
  readonly #refused = new Set<number>();
  #accepted = 0;

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** How many were accepted. */
  get accepted(): number {
    return this.#accepted;
  }

  /** How many are in the order without an answer that says so. */
  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** The reference has received it. */
  ordered(number: number, position: number): void {
    if (number <= this.#last) this.#tell('unordered', `${number} after ${this.#last}`);
    if (this.#refused.has(number)) this.#tell('untrue', `${number} was refused, and published`);
    this.#last = Math.max(this.#last, number);
    this.#unconfirmed.set(number, position);
    this.#awaited.get(number)?.(position);
    this.#awaited.delete(number);
  }

  /** Calls back with the position of a value, whose answer has not been heard, once it is in the order. */
  locate(number: number, found: (position: number) => void): void {
    const position = this.#unconfirmed.get(number);
    if (position === undefined) this.#awaited.set(number, found);
    else found(position);
  }

  /** Its member has been answered. */
  answered(number: number, isAccepted: boolean): void {
    if (isAccepted) {
      this.#accepted += 1;
      if (!this.#unconfirmed.delete(number))
        this.#tell('untrue', `${number} was accepted, and not published`);
    } else {
      this.#refused.add(number);
      if (this.#unconfirmed.has(number)) this.#tell('untrue', `${number} was refused, and published`);
    }
  }

  /** Forgets the answers that never came: those of requests past their time. */
  forget(): void {
    this.#unconfirmed.clear();
    this.#refused.clear();
    this.#awaited.clear();
  }
}
