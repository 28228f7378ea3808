/** Writes that the server has accepted, and that are not in the replica yet: whoever waits for one is told when it is. */
import { holdProcess } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';

interface Write {
  readonly version: number;
  readonly settle: () => void;
}

export class UnseenWrites {
  #writes: readonly Write[] = [];

  /** @throws PubSubError `ERR_PUBSUB_TIMEOUT` where it is not in the replica within so many milliseconds. */
  wait(version: number, timeout: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#writes = this.#writes.filter((other) => other !== write);
        const message = `the write was accepted, but is not in this replica within ${timeout} ms`;
        reject(new PubSubError('ERR_PUBSUB_TIMEOUT', message));
      }, timeout);
      holdProcess(timer, false);
      const settle = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const write: Write = { version, settle };
      this.#writes = [...this.#writes, write];
    });
  }

  /** The replica is of `version` now; without one, nobody needs to wait any more. */
  settle(version: number = Infinity): void {
    if (this.#writes.length === 0) return;
    const seen = this.#writes.filter((write) => write.version <= version);
    this.#writes = this.#writes.filter((write) => write.version > version);
    for (const { settle } of seen) settle();
  }
}
