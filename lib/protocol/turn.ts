/**
 * The end of a turn of the event loop: when all that is ready now has been handled. What was said meanwhile
 * is sent then, together. No timer, so nothing waits longer than what is being done already.
 */

/** Something that collects during a turn. */
export interface Flushable {
  /** What it throws is raised, and keeps none of the others from being flushed. */
  flush(): void;
}

// Browsers have no setImmediate. The end of the current task is the nearest thing there that is no timer.
const schedule: (task: () => void) => void =
  typeof setImmediate === 'function' ? setImmediate : queueMicrotask;

let waiting: Flushable[] = [];

/** Flushes `flushable` when this turn ends. The caller takes care to ask once a turn only. */
export function flushAtEndOfTurn(flushable: Flushable): void {
  if (waiting.push(flushable) === 1) schedule(endTurn);
}

/** Flushes what waits: when the turn ends, or before, by whoever knows that it will not end. */
export function endTurn(): void {
  const flushables = waiting;
  waiting = [];
  let flushed = 0;
  try {
    for (const flushable of flushables) {
      flushed += 1;
      flushable.flush();
    }
  } finally {
    // One that throws is a defect, which ends this turn for it alone.
    for (const flushable of flushables.slice(flushed)) flushAtEndOfTurn(flushable);
  }
}
