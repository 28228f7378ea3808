/** Writes that the server has accepted, and that are not in the replica yet: whoever waits for one is told when it is. */
import { deferred } from '../../../client/deferred.js';
import { Fifo } from '../../../protocol/fifo.js';
import { inTime, type Waiting } from '../waiting.js';

interface Write {
  readonly version: number;
  readonly settle: () => void;
  /** Whether nobody waits for it any more. */
  isOver: boolean;
}

export class UnseenWrites {
  /** In the order of their answers, which within a run of the server is that of their versions. */
  readonly #writes = new Fifo<Write>();
  /** How many of them are over. */
  #over = 0;

  /** @throws what `waiting` says where it is not in the replica in time; the reason of its signal where that is aborted before. */
  async wait(version: number, waiting: Waiting): Promise<void> {
    const { promise, resolve } = deferred<void>();
    const write: Write = { version, settle: resolve, isOver: false };
    this.#writes.push(write);
    try {
      await inTime(promise, waiting);
    } catch (error) {
      write.isOver = true;
      this.#over += 1;
      if (this.#over * 2 > this.#writes.length) this.#sweep();
      throw error;
    }
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
