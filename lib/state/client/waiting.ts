/** Waits that end before what they wait for does. */
import { holdProcess } from '../../client/timeout.js';
import { PubSubError } from '../../errors.js';

export interface Waiting {
  readonly signal: AbortSignal | undefined;
  /** In milliseconds, if it has an end. */
  readonly time: number | undefined;
  /** What is said where that is over. */
  readonly tooLate: () => Error;
}

/** Calls `giveUp` where the time is over, or the signal is aborted, before `promise` has settled. */
export function whileWaiting(
  promise: Promise<unknown>,
  { signal, time, tooLate }: Waiting,
  giveUp: (error: Error) => void,
): void {
  const settled = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  };
  const end = (error: Error): void => {
    settled();
    giveUp(error);
  };
  const timer = time === undefined ? undefined : setTimeout(() => end(tooLate()), time);
  // What it waits for holds the process, or does not.
  holdProcess(timer, false);
  const abort = (): void => end(signal?.reason as Error);
  signal?.addEventListener('abort', abort);
  promise.then(settled, settled);
}

/** Settles as `promise` does; or rejects, where the time is over, or the signal is aborted, before. */
export function inTime<T>(promise: Promise<T>, waiting: Waiting): Promise<T> {
  return new Promise((resolve, reject) => {
    promise.then(resolve, reject);
    waiting.signal?.throwIfAborted();
    whileWaiting(promise, waiting, reject);
  });
}

/** For what is left of `timeout`, by the clock of `performance.now()`. @param what is said where that is over, of so many milliseconds. */
export function waitUntil(
  deadline: number,
  timeout: number,
  signal: AbortSignal | undefined,
  what: string,
): Waiting {
  const tooLate = (): PubSubError => new PubSubError('ERR_PUBSUB_TIMEOUT', `${what} within ${timeout} ms`);
  return { signal, time: timeLeft(deadline, timeout), tooLate };
}

/** In whole milliseconds. Never more than there were, as a sum of such numbers, rounded, may have it. */
export function timeLeft(deadline: number, timeout: number): number {
  return Math.min(timeout, Math.max(1, Math.ceil(deadline - performance.now())));
}
