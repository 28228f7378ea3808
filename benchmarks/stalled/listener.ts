/**
 * What one worker receives in a round: from each publisher consecutive numbers, but where a gap was told; and as many
 * values missed as all gaps say.
 */
import { now } from '../harness/clock.js';
import type { Heard, Told } from './round.js';

/** A value: who published it, its number among all of that publisher, when, and something to carry. */
export type Stamped = readonly [publisher: number, number: number, at: number, filling: string];

export class Listener {
  readonly #next = new Map<number, number>();
  #from = 0;
  #to = 0;
  #due = Infinity;
  #received = 0;
  #skipped = 0;
  #gaps: Told[] = [];
  #latencies: number[] = [];
  #problem: Error | undefined;
  #settle: (() => void) | undefined;

  /** A round begins. Latencies count of values that are published between these two. */
  begin(from: number, to: number): void {
    this.#from = from;
    this.#to = to;
    this.#due = Infinity;
    this.#received = 0;
    this.#skipped = 0;
    this.#gaps = [];
    this.#latencies = [];
  }

  receive([publisher, number, at]: Stamped): void {
    const expected = this.#next.get(publisher) ?? 0;
    if (number < expected) this.#fail(`number ${number} of ${publisher} came again, or late`);
    if (number > expected && this.#gaps.length === 0) {
      this.#fail(`expected number ${expected} of ${publisher}, received ${number}, and no gap was told`);
    }
    this.#skipped += number - expected;
    this.#next.set(publisher, number + 1);
    this.#received += 1;
    if (at >= this.#from && at < this.#to) this.#latencies.push(now() - at);
    this.#check();
  }

  missed(count: number | undefined): void {
    if (count === undefined) this.#fail('a gap was told without a count');
    else this.#gaps.push({ count, at: now() });
    this.#check();
  }

  /** Resolves when what was received and what was told as missed are `due`. */
  async finished(due: number, last: ReadonlyMap<number, number>): Promise<Heard> {
    this.#due = due;
    await new Promise<void>((resolve) => {
      this.#settle = resolve;
      this.#check();
    });
    // What was missed at the end of a publisher's values shows in the next round's first, unless it is looked for here.
    for (const [publisher, end] of last) {
      this.#skipped += end - (this.#next.get(publisher) ?? 0);
      this.#next.set(publisher, end);
    }
    if (this.#skipped !== this.#missed)
      this.#fail(`${this.#missed} told as missed, ${this.#skipped} missing`);
    if (this.#problem !== undefined) throw this.#problem;
    const finishedAt = now();
    const latencies = Float64Array.from(this.#latencies);
    return { received: this.#received, gaps: this.#gaps, latencies, finishedAt };
  }

  get #missed(): number {
    return this.#gaps.reduce((sum, { count }) => sum + count, 0);
  }

  #check(): void {
    if (this.#problem !== undefined || this.#received + this.#missed >= this.#due) this.#settle?.();
  }

  #fail(problem: string): void {
    this.#problem ??= new Error(problem);
    this.#settle?.();
  }
}
