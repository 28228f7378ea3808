/** Writes that the server has accepted, and that are not in the replica yet: whoever waits for one is told when it is. */
import { PubSubError } from '../../../errors.js';
import { Fifo } from '../../../protocol/fifo.js';
import { whileWaiting } from '../waiting.js';

interface Write {
  readonly version: number;
  readonly settle: () => void;
  /** Whether nobody waits for it any more. */
  isOver: boolean;
}

/** How long somebody waits. */
export interface Patience {
  /** In milliseconds; some of them may be over. */
  readonly timeout: number;
  /** Of `performance.now()`. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

export class UnseenWrites {
  /** In the order of their answers, which within a run of the server is that of their versions. */
  readonly #writes = new Fifo<Write>();
  /** How many of them are over. */
  #over = 0;

  /**
   * @throws PubSubError `ERR_PUBSUB_TIMEOUT` where it is not in the replica in time; the reason of the signal where that is
   * aborted before.
   */
  wait(version: number, { timeout, deadline, signal }: Patience): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const seen = new Promise<void>((settle) => this.#writes.push({ version, settle, isOver: false }));
      const write = this.#writes.at(this.#writes.length - 1);
      const time = Math.max(0, deadline - performance.now());
      whileWaiting(seen, { signal, time, tooLate: () => tooLate(timeout) }, (error) => {
        reject(error);
        write.isOver = true;
        this.#over += 1;
        if (this.#over * 2 > this.#writes.length) this.#sweep();
      });
      void seen.then(resolve);
    });
  }

  /** The replica is of `version` now; without one, nobody needs to wait any more. */
  settle(version: number = Infinity): void {
    while (this.#writes.length > 0 && this.#writes.at(0).version <= version) {
      const { settle, isOver } = this.#writes.shift();
      if (isOver) this.#over -= 1;
      settle();
    }
  }

  #sweep(): void {
    this.#writes.keep(({ isOver }) => !isOver);
    this.#over = 0;
  }
}

function tooLate(timeout: number): PubSubError {
  const message = `the write was accepted, but is not in this replica within ${timeout} ms`;
  return new PubSubError('ERR_PUBSUB_TIMEOUT', message);
}
