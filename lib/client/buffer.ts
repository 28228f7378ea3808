/**
 * What a subscription without a handler keeps until it is iterated: values, bounded, in order, with what was
 * missed marked at its place.
 */
import { Fifo } from '../protocol/fifo.js';
import type { Limits } from '../protocol/limits.js';
import type { Gap } from './api.js';

interface Kept<T> {
  readonly value: T;
  readonly length: number;
}

/** Between two values. */
interface Hole {
  /** A gap that was marked here, the last one. */
  gap: Gap | undefined;
  /** Values that the server has left out here. */
  skipped: number;
  /** Values for which there was no room. */
  dropped: number;
}

/** What is taken out. */
export type Entry<T> = Kept<T> | Readonly<Hole>;

export class Buffer<T> {
  readonly #limits: Limits;
  readonly #entries = new Fifo<Kept<T> | Hole>();
  #count = 0;
  #length = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Keeps a value whose JSON text has `length` characters; where there is no room, counts it as dropped. */
  push(value: T, length: number): void {
    const { bufferMessages, bufferLength } = this.#limits;
    const hasRoom = this.#count < bufferMessages && this.#length + length <= bufferLength;
    if (hasRoom || this.#count === 0) {
      this.#entries.push({ value, length });
      this.#count += 1;
      this.#length += length;
      return;
    }
    this.#holeAtEnd().dropped += 1;
  }

  /** Counts values that the server has left out at this place. */
  skip(count: number): void {
    this.#holeAtEnd().skipped += count;
  }

  /** Marks a gap at this place. Of several with no value between them the last one stays. */
  mark(gap: Gap): void {
    this.#holeAtEnd().gap = gap;
  }

  #holeAtEnd(): Hole {
    const { length } = this.#entries;
    const last = length > 0 ? this.#entries.at(length - 1) : undefined;
    if (last !== undefined && !('value' in last)) return last;
    const hole: Hole = { gap: undefined, skipped: 0, dropped: 0 };
    this.#entries.push(hole);
    return hole;
  }

  shift(): Entry<T> | undefined {
    if (this.#entries.length === 0) return undefined;
    const entry = this.#entries.shift();
    if ('value' in entry) {
      this.#count -= 1;
      this.#length -= entry.length;
    }
    return entry;
  }

  clear(): void {
    this.#entries.keep(() => false);
    this.#count = 0;
    this.#length = 0;
  }
}
