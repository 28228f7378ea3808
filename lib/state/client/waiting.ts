/** Waits that end before what they wait for does. */
import { holdProcess } from '../../client/timeout.js';

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
