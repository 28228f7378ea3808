/** One who waits for what others wait for, too, and may give up before them. */
import { checkTimeout } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';
import { inTime } from '../waiting.js';
import type { GetOptions } from './api.js';

/** Settles as `promise` does; or rejects, where the time is over or the signal is aborted before. */
export function waitFor(promise: Promise<unknown>, { signal, timeout }: GetOptions): Promise<unknown> {
  if (signal === undefined && timeout === undefined) return promise;
  return new Promise((resolve) => {
    const tooLate = (): Error =>
      new PubSubError('ERR_PUBSUB_TIMEOUT', `the value was not there within ${timeout} ms`);
    const time = timeout === undefined ? undefined : checkTimeout(timeout);
    resolve(inTime(promise, { signal, time, tooLate }));
  });
}
