/** Messages in the order of their arrival, to be awaited one by one. */
import { within } from './until.js';

export class Mailbox<T = unknown> {
  readonly #messages: T[] = [];
  readonly #waiting: ((message: T) => void)[] = [];

  put(message: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#messages.push(message);
    else waiting(message);
  }

  /** How many lie here. */
  get size(): number {
    return this.#messages.length;
  }

  take(): Promise<T> {
    if (this.#messages.length > 0) return Promise.resolve(this.#messages.shift() as T);
    return within(new Promise<T>((resolve) => this.#waiting.push(resolve)), 'a message');
  }
}
