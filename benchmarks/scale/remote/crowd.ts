/**
 * Many bare clients in one process.
 */
import { now } from '../../harness/clock.js';
import { serve } from '../../harness/serve.js';
import { BareClient, type Listener } from './bare-client.js';
import { bare } from './media.js';
import type { Medium, Place } from './round.js';

/** A listening socket does not let any number wait. */
const atOnce = 50;

class Crowd implements Listener {
  end = 0;
  readonly #clients: BareClient[] = [];
  readonly #bare = bare[process.argv[2] as Medium];
  #due = 0;
  #doneAt = 0;
  #problem: Error | undefined;
  #settle: (() => void) | undefined;

  async connect({ port, connections }: Place): Promise<void> {
    while (this.#clients.length < connections) {
      const count = Math.min(atOnce, connections - this.#clients.length);
      const group = Array.from({ length: count }, () => new BareClient(this, this.#bare));
      await Promise.all(group.map((client) => client.connect(port, this.#bare)));
      this.#clients.push(...group);
    }
  }

  /** So many more will come. */
  expect(count: number): void {
    this.verify();
    this.end += count;
    this.#due = this.#clients.length;
  }

  done(): void {
    if (--this.#due > 0) return;
    this.#doneAt = now();
    this.#settle?.();
  }

  failed(problem: string): void {
    this.#problem ??= new Error(problem.slice(0, 300));
    this.#settle?.();
  }

  /** Resolves to when the last client had the last event. */
  async finished(): Promise<number> {
    if (this.#due > 0 && this.#problem === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
      });
    }
    this.verify();
    return this.#doneAt;
  }

  /** @throws Error if something was received that should not have been. */
  verify(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }
}

const crowd = new Crowd();

serve({
  connect: (place: Place) => crowd.connect(place),
  expect: (count: number) => crowd.expect(count),
  finished: () => crowd.finished(),
  verify: () => crowd.verify(),
});
