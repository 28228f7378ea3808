/** Those who wait until the outbox of a client has room again: each is told once, or in time that it has none. */
import { PubSubError } from '../errors.js';
import { deferred } from './deferred.js';
import { holdProcess } from './timeout.js';

export interface WaitOptions {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds. */
  readonly timeout: number;
}

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

export class Room {
  readonly #waiters = new Set<Waiter>();
  #holdsProcess = true;

  get isAwaited(): boolean {
    return this.#waiters.size > 0;
  }

  /** Rejects with `ERR_PUBSUB_TIMEOUT`, or with the reason of the signal. */
  wait({ signal, timeout }: WaitOptions): Promise<void> {
    const room = deferred<void>();
    if (signal?.aborted === true) {
      room.reject(signal.reason);
      return room.promise;
    }
    const end = (settle: () => void): void => {
      this.#waiters.delete(waiter);
      clearTimeout(waiter.timer);
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const onAbort = (): void => waiter.reject(signal?.reason);
    const waiter: Waiter = {
      resolve: () => end(() => room.resolve()),
      reject: (reason) => end(() => room.reject(reason)),
      timer: setTimeout(() => waiter.reject(noRoom(timeout)), timeout),
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    holdProcess(waiter.timer, this.#holdsProcess);
    this.#waiters.add(waiter);
    return room.promise;
  }

  /** There is room. */
  open(): void {
    for (const waiter of [...this.#waiters]) waiter.resolve();
  }

  /** There will be none. */
  close(reason: unknown): void {
    for (const waiter of [...this.#waiters]) waiter.reject(reason);
  }

  /** Whether one who waits keeps the process alive. Default: it does. */
  hold(holds: boolean): void {
    this.#holdsProcess = holds;
    for (const { timer } of this.#waiters) holdProcess(timer, holds);
  }
}

function noRoom(timeout: number): PubSubError {
  return new PubSubError('ERR_PUBSUB_TIMEOUT', `the outbox has not become half empty within ${timeout} ms`);
}
