/** One who waits for what others wait for, too, and may give up before them. */
import { checkTimeout, holdProcess } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';
import type { GetOptions } from './api.js';

/** Settles as `promise` does; or rejects, where the time is over or the signal is aborted before. */
export function waitFor(promise: Promise<unknown>, { signal, timeout }: GetOptions): Promise<unknown> {
  if (signal === undefined && timeout === undefined) return promise;
  return new Promise((resolve, reject) => {
    const late = (): void => {
      reject(new PubSubError('ERR_PUBSUB_TIMEOUT', `the value was not there within ${timeout} ms`));
    };
    const timer = timeout === undefined ? undefined : setTimeout(late, checkTimeout(timeout));
    // What it waits for holds the process, or does not.
    holdProcess(timer, false);
    const abort = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', abort);
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    promise.then(settled, settled);
    promise.then(resolve, reject);
  });
}
