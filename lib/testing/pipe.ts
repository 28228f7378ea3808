/**
 * One direction of a simulated IPC channel: what is put into it comes out in order, in later turns of the scheduler,
 * as its faults allow. Knows nothing of what it carries.
 */

/**
 * Runs `task` later, once. One call is one turn: whoever gives another order to the tasks gives another interleaving of
 * the processes, but none that could not be, since no pipe has more than one task at a time.
 */
export type Schedule = (task: () => void) => void;

interface Waiting {
  readonly arrive: () => void;
  /** The turn of this pipe in which it may arrive. */
  readonly due: number;
}

export class Pipe {
  /** How many turns later than the next one all arrives that is put in from now on. */
  delay = 0;
  /** Whether one arrives in each turn; otherwise all that wait arrive together. */
  isSplit = false;
  readonly #schedule: Schedule;
  #waiting: Waiting[] = [];
  #turn = 0;
  #isScheduled = false;
  #isHeld = false;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Whether anything is on its way that will arrive by itself. */
  get isBusy(): boolean {
    return this.#waiting.length > 0 && !this.#isHeld;
  }

  /** @param arrive is called where what is put in comes out. */
  put(arrive: () => void): void {
    this.#waiting.push({ arrive, due: this.#turn + 1 + this.delay });
    this.#wake();
  }

  /** While it is held nothing comes out; what is put in waits. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    this.#wake();
  }

  /** Only the first `count` of what is on its way will arrive. */
  cut(count: number): void {
    this.#waiting = this.#waiting.slice(0, count);
  }

  #wake(): void {
    if (this.#isScheduled || !this.isBusy) return;
    this.#isScheduled = true;
    this.#schedule(() => this.#run());
  }

  #run(): void {
    this.#isScheduled = false;
    this.#turn += 1;
    const most = this.isSplit ? 1 : this.#waiting.length;
    for (let arrived = 0; arrived < most; arrived += 1) {
      // What arrives may hold the pipe, or cut it.
      const [first] = this.#waiting;
      if (first === undefined || this.#isHeld || first.due > this.#turn) break;
      this.#waiting.shift();
      first.arrive();
    }
    this.#wake();
  }
}
