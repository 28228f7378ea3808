/**
 * A subscriber's book-keeping: from each publisher the values must come whose names it wants, with ascending numbers,
 * from the first on, over all rounds and all names. So what is lost, doubled or late shows at the next value.
 */
import { now } from '../harness/clock.js';
import { numberOf, publisherOf } from '../harness/values.js';
import { wants, type Workload } from './workload.js';

/** What is known of one publisher. */
interface Book {
  /** The number that has to come next, and the position of its name. */
  next: number;
  position: number;
  /** Where its numbers end in this round. */
  end: number;
  /** The number from which on it is to be told how far this is. */
  tellFrom: number;
}

export class Receiver {
  readonly #workload: Workload;
  readonly #worker: number;
  readonly #books: readonly Book[];
  #due = 0;
  #problem: Error | undefined;
  #settle: (() => void) | undefined;
  #reachedAt = 0;
  #step = Infinity;
  #tell: (publisher: number) => void = () => undefined;

  constructor(workload: Workload, worker: number) {
    this.#workload = workload;
    this.#worker = worker;
    const first = wants(workload, worker, 0) ? 0 : 1;
    const position = first % workload.names;
    this.#books = Array.from({ length: workload.publishers }, () => ({
      ...{ next: first, position, end: 0, tellFrom: Infinity },
    }));
  }

  /** Has `tell` called after every `step` numbers of a publisher. */
  tellProgress(step: number, tell: (publisher: number) => void): void {
    this.#step = step;
    this.#tell = tell;
    for (const book of this.#books) book.tellFrom = step;
  }

  /** `position` is that of the name whose subscription received it. */
  receive(value: string, position: number): void {
    const publisher = publisherOf(value);
    // Some contestants let a publisher hear itself.
    if (publisher === this.#worker) return;
    const book = this.#books[publisher];
    const { names, every, size } = this.#workload;
    if (
      book === undefined ||
      numberOf(value) !== book.next ||
      position !== book.position ||
      value.length !== size
    ) {
      this.#fail(`expected number ${book?.next}, received ${value.slice(0, 16)}`);
      return;
    }
    if (book.next >= book.end) {
      this.#fail(`received ${value.slice(0, 16)}, which nobody published in this round`);
      return;
    }
    book.next += every;
    if ((book.position += every) >= names) book.position %= names;
    if (book.next >= book.tellFrom) {
      book.tellFrom += this.#step;
      this.#tell(publisher);
    }
    if (--this.#due === 0) {
      this.#reachedAt = now();
      this.#settle?.();
    }
  }

  /** From now on `count` more of each publisher may come, less those whose names nobody here wants. */
  expect(count: number): void {
    for (const [publisher, book] of this.#books.entries()) {
      if (publisher === this.#worker) continue;
      book.end += count;
      this.#due += count / this.#workload.every;
    }
  }

  /** Resolves to when the last one came. */
  async finished(): Promise<number> {
    if (this.#due > 0 && this.#problem === undefined) {
      await new Promise<void>((resolve) => {
        this.#settle = resolve;
      });
    }
    this.verify();
    return this.#reachedAt;
  }

  /** @throws Error if something was received that should not have been. */
  verify(): void {
    if (this.#problem !== undefined) throw this.#problem;
  }

  #fail(problem: string): void {
    this.#problem ??= new Error(problem);
    this.#settle?.();
  }
}
