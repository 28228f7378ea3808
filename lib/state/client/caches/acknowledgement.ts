/** Tells the server, once for all that has come together, up to which invalidation a cache has dropped everything. */
import { holdProcess } from '../../../client/timeout.js';
import type { PubSubError } from '../../../errors.js';

/** Until it is said again where that was not possible, in milliseconds. */
const retryTime = 250;

export class Acknowledgement {
  readonly #say: (number: number) => Promise<unknown>;
  #number = 0;
  #isDue = false;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param say to the server; rejects where it has not taken it. */
  constructor(say: (number: number) => Promise<unknown>) {
    this.#say = say;
  }

  /** All up to this number is dropped. */
  add(number: number): void {
    this.#number = Math.max(this.#number, number);
    this.#saySoon();
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #saySoon(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    queueMicrotask(() => void this.#sayNow());
  }

  async #sayNow(): Promise<void> {
    this.#isDue = false;
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    try {
      await this.#say(this.#number);
    } catch (error) {
      // A server that does not take it will take it no better the next time.
      const { code } = error as PubSubError;
      if (this.#isOver || (code !== 'ERR_PUBSUB_BACKPRESSURE' && code !== 'ERR_PUBSUB_TIMEOUT')) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#saySoon(), retryTime);
      holdProcess(this.#timer, false);
    }
  }
}
