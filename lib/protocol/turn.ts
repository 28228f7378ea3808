/**
 * The end of a turn of the event loop: when all that is ready now has been handled. What was said meanwhile
 * is sent then, together. No timer, so nothing waits longer than what is being done already.
 */

/** Something that collects during a turn. */
export interface Flushable {
  /** Must not throw. */
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

function endTurn(): void {
  const flushables = waiting;
  waiting = [];
  for (const flushable of flushables) flushable.flush();
}
