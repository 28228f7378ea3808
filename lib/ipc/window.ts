/**
 * How much one side of an IPC connection has sent that the other has not taken: counted in envelopes, since these are
 * what is acknowledged, and weighed by the values in them. Node gives no such signal of its own. Knows no channel.
 */
import { eventWeight, type Window } from '../protocol/channel.js';
import { Fifo } from '../protocol/fifo.js';
import type { Limits } from '../protocol/limits.js';
import type { ServerMessage } from '../protocol/messages.js';

export function windowOf({ windowMessages, windowLength }: Limits): Window {
  return { messages: windowMessages, length: windowLength };
}

/** What `messages` take of the length of a window. */
export function weigh(messages: readonly ServerMessage[]): number {
  let length = 0;
  for (const message of messages) {
    if (message.kind !== 'events') continue;
    const { values, lengths } = message.columns;
    length += values.length + lengths.length * eventWeight;
  }
  return length;
}

/** On the sending side. */
export class SentWindow {
  readonly #window: Window;
  /** Of each envelope that was not taken. */
  readonly #weights = new Fifo<number>();
  /** Envelopes that were taken since the beginning. */
  #taken = 0;
  #length = 0;

  constructor(window: Window) {
    this.#window = window;
  }

  /** As a part of the window; more than 1 where one envelope was more than was left. */
  get backlog(): number {
    return Math.max(this.#weights.length / this.#window.messages, this.#length / this.#window.length);
  }

  get isEmpty(): boolean {
    return this.#weights.length === 0;
  }

  /** One envelope is sent, whose values weigh so much. */
  add(weight: number): void {
    this.#weights.push(weight);
    this.#length += weight;
  }

  /** The other side has taken one more. */
  takeNext(): void {
    this.takeTo(this.#taken + 1);
  }

  /** The other side has taken the first `count` of all. It cannot have taken what was not sent, nor give any back. */
  takeTo(count: number): void {
    for (; this.#taken < count && !this.isEmpty; this.#taken++) {
      this.#length -= this.#weights.shift();
    }
  }
}

/** On the receiving side: how much has come, and when the sender has to be told. */
export class ReceivedWindow {
  readonly #window: Window;
  #count = 0;
  #told = 0;
  /** Since the sender was told. */
  #length = 0;

  /** @param window of the sender. */
  constructor(window: Window) {
    this.#window = window;
  }

  /** Whether a quarter of the window, at which the sender may not have stopped yet, was taken since it was told. */
  get isDue(): boolean {
    const messages = this.#count - this.#told;
    return messages * 4 >= this.#window.messages || this.#length * 4 >= this.#window.length;
  }

  /** Whether anything was taken since the sender was told. */
  get isNews(): boolean {
    return this.#count > this.#told;
  }

  /** One envelope was taken. */
  add(messages: readonly ServerMessage[]): void {
    this.#count += 1;
    this.#length += weigh(messages);
  }

  /** What to tell the sender, which is told with this call: how many envelopes were taken, in all. */
  tell(): number {
    this.#told = this.#count;
    this.#length = 0;
    return this.#count;
  }
}
