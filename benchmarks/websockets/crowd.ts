/**
 * Many subscribers in one process. Told before a round what is to come, it is asked in each turn of it whether all have
 * received what was published.
 */
import { numberedValues } from '../harness/values.js';
import { serve } from '../harness/serve.js';
import type { Expected, Place } from './round.js';
import { Subscriber, type Listener } from './subscriber.js';
import { eventText } from './wire.js';

/** A listening socket does not let any number wait. */
const atOnce = 50;

class Crowd implements Listener {
  end = 0;
  size = 0;
  readonly #subscribers: Subscriber[] = [];
  /** The texts that end a turn, by the number of their event. */
  readonly #lastTexts = new Map<number, Buffer>();
  /** How many have received the last event of a turn, by its number. */
  readonly #arrivals = new Map<number, number>();
  #check: (() => void) | undefined;
  #problem: Error | undefined;

  async connect({ port, connections }: Place): Promise<void> {
    while (this.#subscribers.length < connections) {
      const count = Math.min(atOnce, connections - this.#subscribers.length);
      const group = Array.from({ length: count }, () => new Subscriber(this));
      await Promise.all(group.map((subscriber) => subscriber.connect(port)));
      this.#subscribers.push(...group);
    }
  }

  expect({ first, count, perTurn, size }: Expected): void {
    this.verify();
    this.end = first + count;
    this.size = size;
    this.#lastTexts.clear();
    this.#arrivals.clear();
    for (const [position, value] of numberedValues(first, count, size).entries()) {
      if ((position + 1) % perTurn === 0)
        this.#lastTexts.set(first + position, Buffer.from(eventText(value)));
    }
  }

  received(number: number, text: Buffer): void {
    const expected = this.#lastTexts.get(number);
    if (expected === undefined) return;
    if (!text.equals(expected)) this.failed(`expected ${expected.toString()}, received ${text.toString()}`);
    this.#arrivals.set(number, (this.#arrivals.get(number) ?? 0) + 1);
    this.#check?.();
  }

  failed(problem: string): void {
    this.#problem ??= new Error(problem.slice(0, 300));
    this.#check?.();
  }

  /** Resolves when all have received the event of this number, with which a turn ended. */
  arrival(number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#check = () => {
        if (this.#problem !== undefined) reject(this.#problem);
        else if (this.#arrivals.get(number) === this.#subscribers.length) resolve();
      };
      this.#check();
    });
  }

  /** @throws Error if something was received that should not have been. */
  verify(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }
}

const crowd = new Crowd();

serve({
  connect: (place: Place) => crowd.connect(place),
  expect: (expected: Expected) => crowd.expect(expected),
  arrival: (number: number) => crowd.arrival(number),
  verify: () => crowd.verify(),
});
