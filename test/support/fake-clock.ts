/**
 * Time that passes only when a test says so: for timers, and for `performance.now()`. Real again after the test. Neither
 * `until` nor `within` may be used meanwhile.
 */
import type { TestContext } from 'node:test';

type Callback = (...args: unknown[]) => void;

class FakeTimer {
  readonly callback: Callback;
  /** Of an interval. */
  readonly period: number | undefined;
  due: number;
  isHolding = true;

  constructor(callback: Callback, period: number | undefined, due: number) {
    this.callback = callback;
    this.period = period;
    this.due = due;
  }

  ref(): this {
    this.isHolding = true;
    return this;
  }

  unref(): this {
    this.isHolding = false;
    return this;
  }
}

const clocks = new WeakMap<TestContext, FakeClock>();

export class FakeClock {
  #now = 1_000;
  readonly #timers = new Set<FakeTimer>();

  /** The clock of a test, of which there is one. */
  static of(test: TestContext): FakeClock {
    const clock = clocks.get(test) ?? new FakeClock(test);
    clocks.set(test, clock);
    return clock;
  }

  private constructor({ mock }: TestContext) {
    const replace = (name: string, replacement: (...args: never[]) => unknown): void => {
      mock.method(globalThis as never, name as never, replacement as never);
    };
    replace('setTimeout', (callback: Callback, time?: number) => this.#add(callback, time, false));
    replace('setInterval', (callback: Callback, time?: number) => this.#add(callback, time, true));
    for (const name of ['clearTimeout', 'clearInterval']) {
      replace(name, (timer: FakeTimer | undefined) => timer !== undefined && this.#timers.delete(timer));
    }
    mock.method(performance, 'now', () => this.#now);
  }

  /** How many timers there are. */
  get size(): number {
    return this.#timers.size;
  }

  /** How many of them keep the process alive. */
  get holding(): number {
    return [...this.#timers].filter(({ isHolding }) => isHolding).length;
  }

  /** Milliseconds until the next one is due. */
  get next(): number {
    return Math.min(...[...this.#timers].map(({ due }) => due)) - this.#now;
  }

  /** Lets `time` milliseconds pass, and what is due in them happen at its time. */
  pass(time: number): void {
    const end = this.#now + time;
    for (let timer = this.#dueBy(end); timer !== undefined; timer = this.#dueBy(end)) {
      this.#now = timer.due;
      if (timer.period === undefined) this.#timers.delete(timer);
      else timer.due += timer.period;
      timer.callback();
    }
    this.#now = end;
  }

  #add(callback: Callback, time = 1, isRepeated: boolean): FakeTimer {
    const delay = Math.max(1, Math.trunc(time));
    const timer = new FakeTimer(callback, isRepeated ? delay : undefined, this.#now + delay);
    this.#timers.add(timer);
    return timer;
  }

  #dueBy(end: number): FakeTimer | undefined {
    const due = [...this.#timers].filter((timer) => timer.due <= end);
    return due.toSorted((one, other) => one.due - other.due)[0];
  }
}
