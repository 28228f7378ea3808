/**
 * How long the event loop of this process is held: by the gaps between the ticks of a timer of one millisecond.
 */
import { now } from './clock.js';
import { processorTime } from './processor.js';

/** In milliseconds: the longest gap between two ticks, with the millisecond that the timer waits. */
export interface Held {
  /** By the clock, which goes on while another process has the processor. */
  readonly clock: number;
  /** Of what this process, with all its threads, had of the processor: never longer than the gap that it is of. */
  readonly processor: number;
}

/** Looks from its making on. */
export class Holds {
  readonly #timer = setInterval(() => this.#tick(), 1);
  #at = now();
  #spent = processorTime();
  #clock = 0;
  #processor = 0;

  end(): Held {
    this.#tick();
    clearInterval(this.#timer);
    return { clock: this.#clock, processor: this.#processor };
  }

  #tick(): void {
    const [at, spent] = [now(), processorTime()];
    const gap = at - this.#at;
    this.#clock = Math.max(this.#clock, gap);
    this.#processor = Math.max(this.#processor, Math.min(gap, (spent - this.#spent) / 1e6));
    [this.#at, this.#spent] = [at, spent];
  }
}
