/** How long a client waits: finite always, so that every promise settles. */
import { PubSubError } from '../errors.js';

/** In milliseconds. */
export const defaultTimeout = 10_000;

/** The longest that `setTimeout` takes; anything beyond it would fire at once. */
const maxTimeout = 0x7fffffff;

/** @param name of what it is. @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` unless `timeout` is a number from 1 to 2,147,483,647. */
export function checkTimeout(timeout: number, name = 'timeout'): number {
  if (typeof timeout === 'number' && timeout >= 1 && timeout <= maxTimeout) return timeout;
  throw new PubSubError(
    'ERR_PUBSUB_INVALID_ARGUMENT',
    `${name} must be a number of milliseconds from 1 to ${maxTimeout}, not ${String(timeout)}`,
  );
}

/** Lets `timer` keep the process alive, or not. In a browser timers are numbers, and there is nothing to hold. */
export function holdProcess(timer: ReturnType<typeof setTimeout> | undefined, holds: boolean): void {
  if (typeof timer !== 'object') return;
  if (holds) timer.ref();
  else timer.unref();
}
