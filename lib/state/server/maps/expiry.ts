/** When the entries of maps end: one timer for all of them, and a heap of their times. */
import type { AuthorityMap } from './map.js';

interface Due {
  readonly at: number;
  readonly map: AuthorityMap;
  readonly key: string;
}

/** So many end in one turn of the event loop; where more are due, everybody else has a turn in between. */
export const sliceLength = 256;

/** The longest that `setTimeout` takes. */
const longest = 0x7fffffff;

export class Expiry {
  /** A binary heap, the earliest first. An entry that was written again since is still in it, and passed over. */
  #heap: Due[] = [];
  #sweepAt = 1_024;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ringsAt = Infinity;

  /** The entry of `key`, as it is now, ends at `at`, by the clock of `performance.now()`. */
  add(at: number, map: AuthorityMap, key: string): void {
    if (this.#heap.length >= this.#sweepAt) this.#sweep();
    this.#push({ at, map, key });
    this.#setTimer();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#heap = [];
  }

  /** Without what was written again: entries that are refreshed all the time do not fill the memory. */
  #sweep(): void {
    const living = this.#heap.filter((due) => isDue(due));
    this.#heap = [];
    for (const due of living) this.#push(due);
    this.#sweepAt = Math.max(1_024, living.length * 2);
  }

  #setTimer(): void {
    const at = this.#heap[0]?.at ?? Infinity;
    if (at >= this.#ringsAt) return;
    clearTimeout(this.#timer);
    this.#ringsAt = at;
    const wait = Math.min(longest, Math.max(1, Math.ceil(at - performance.now())));
    this.#timer = setTimeout(() => this.#ring(), wait);
    // No reason of its own to live.
    this.#timer.unref();
  }

  #ring(): void {
    this.#ringsAt = Infinity;
    const now = performance.now();
    for (let ended = 0; ended < sliceLength; ended += 1) {
      const due = this.#heap[0];
      if (due === undefined || due.at > now) break;
      this.#pop();
      if (isDue(due)) due.map.expire(due.key);
    }
    this.#setTimer();
  }

  #push(due: Due): void {
    const heap = this.#heap;
    let place = heap.length;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent] as Due;
      if (above.at <= due.at) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = due;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as Due).at < (heap[child] as Due).at) child += 1;
      const below = heap[child] as Due;
      if (below.at >= last.at) break;
      heap[place] = below;
      place = child;
    }
    heap[place] = last;
  }
}

/** Whether the entry is still the one whose time that was. */
function isDue({ at, map, key }: Due): boolean {
  return map.get(key)?.expiresAt === at;
}
