/**
 * Judges one subscription as its values and gaps come in: they must be the reference's order, from the subscription's
 * start on, without what its own client published, and without exactly as many values at each gap as it tells.
 */
import { describeId, memberOf, numberOf } from '../entries.js';
import type { EventLog } from './log.js';
import type { Kind } from './violations.js';

/** What is told of a violation. */
export type Tell = (kind: Kind, detail: string, count?: number) => void;

/** Counted over all subscriptions. */
export interface Tally {
  /** Values that the reference says must have come, or have been told. */
  due: number;
  received: number;
  /** Told as missed, with their count. */
  told: number;
  /** Between the ends of links that were lost and opened again: told as missed, without a count. */
  uncounted: number;
  gaps: number;
}

/** So many values that were skipped are remembered, to know them where they come late. */
const rememberedMissing = 10_000;

export class Stream {
  readonly #log: EventLog;
  readonly #member: number;
  readonly #tally: Tally;
  readonly #tell: Tell;
  /** The next entry that is not accounted for; while the start is not known, the first one that may be it. */
  #cursor: number;
  /** There at the latest it must have begun. */
  #latestStart = Infinity;
  #hasBegun = false;
  /** Told as missed before the first value, by which the start will be known. */
  #toldBefore = 0;
  /** Told as missed at the cursor, however many. */
  #isLoose = false;
  /** Whether the last thing that came was a gap. */
  #isAfterGap = false;
  readonly #lastNumbers = new Map<number, number>();
  readonly #missing = new Set<number>();

  constructor(log: EventLog, member: number, earliest: number, tally: Tally, tell: Tell) {
    this.#log = log;
    this.#member = member;
    this.#cursor = Math.max(earliest, log.start);
    this.#tally = tally;
    this.#tell = tell;
  }

  /** From where on it needs the log, as a position. */
  get need(): number {
    return this.#cursor < this.#log.end ? this.#log.positionAt(this.#cursor) : Infinity;
  }

  /** Whether nothing is to come any more. */
  get isComplete(): boolean {
    if (this.#hasBegun) return this.#isLoose || this.#dueTo(this.#log.end) === 0;
    return this.#latestStart < Infinity && this.#dueFrom(this.#latestStart) <= this.#toldBefore;
  }

  /** Its start is not before this position. */
  beginsAfter(position: number): void {
    if (!this.#hasBegun) this.#cursor = Math.max(this.#cursor, this.#log.from(position));
  }

  /** Its start is not behind this position. */
  beginsBefore(position: number): void {
    this.#latestStart = Math.min(this.#latestStart, this.#log.from(position));
  }

  /** @returns where it is in the order of all events; `undefined` for a value that should not have come. */
  value(id: number): number | undefined {
    this.#tally.received += 1;
    if (!this.#hasBegun) this.#begin(id);
    const wasAfterGap = this.#isAfterGap;
    this.#isAfterGap = false;
    this.#skipOwn();
    const at = this.#log.find(id, this.#cursor);
    if (at === -1 || memberOf(id) === this.#member) {
      this.#refuse(id);
      return undefined;
    }
    const skipped = this.#dueTo(at);
    if (this.#isLoose) {
      this.#tally.uncounted += skipped;
    } else if (skipped > 0) {
      this.#tell(wasAfterGap ? 'miscounted' : 'missing', `${skipped} before ${describeId(id)}`, skipped);
      this.#remember(at);
    }
    this.#isLoose = false;
    this.#tally.due += skipped + 1;
    this.#cursor = at + 1;
    this.#lastNumbers.set(memberOf(id), numberOf(id));
    return this.#log.positionAt(at);
  }

  gap(count: number | undefined): void {
    this.#tally.gaps += 1;
    this.#isAfterGap = true;
    if (count === undefined) {
      this.#isLoose = true;
      this.#hasBegun = true;
      return;
    }
    this.#tally.told += count;
    if (!this.#hasBegun) this.#toldBefore += count;
    else this.#pass(count);
  }

  /** Nothing more will come, and all must have come. */
  finish(): void {
    if (!this.#hasBegun) {
      // By its grant at the latest it had begun; earlier, if more was told.
      const due = this.#dueFrom(Math.min(this.#latestStart, this.#log.end));
      const missing = due - this.#toldBefore;
      this.#tally.due += Math.max(due, this.#toldBefore);
      if (missing > 0) this.#tell('missing', `${missing} at the end`, missing);
      if (this.#toldBefore > this.#dueFrom(this.#cursor)) {
        this.#tell('miscounted', `${this.#toldBefore} told, and fewer were published`);
      }
      this.#hasBegun = true;
    } else {
      const due = this.#dueTo(this.#log.end);
      this.#tally.due += due;
      if (this.#isLoose) this.#tally.uncounted += due;
      else if (due > 0) this.#tell('missing', `${due} at the end`, due);
    }
    this.#isLoose = false;
    this.#isAfterGap = false;
    this.#toldBefore = 0;
    this.#cursor = this.#log.end;
  }

  /** The first value shows where it began: there, or by so many before as were told. */
  #begin(id: number): void {
    const at = this.#log.find(id, this.#cursor);
    if (at === -1) return;
    this.#hasBegun = true;
    let start = at;
    let left = this.#toldBefore;
    while (left > 0 && start > this.#cursor) {
      start -= 1;
      if (memberOf(this.#log.idAt(start)) !== this.#member) left -= 1;
    }
    if (left > 0) this.#tell('miscounted', `${left} more told before its first value than there were`);
    this.#cursor = start;
    this.#pass(this.#toldBefore - left);
    this.#toldBefore = 0;
    if (start <= this.#latestStart) return;
    const due = this.#dueBetween(this.#latestStart, start);
    if (due === 0) return;
    this.#tally.due += due;
    this.#tell('missing', `${due} before its first value`, due);
  }

  /** Goes on by so many values of others. */
  #pass(count: number): void {
    this.#tally.due += count;
    let left = count;
    while (left > 0 && this.#cursor < this.#log.end) {
      if (memberOf(this.#log.idAt(this.#cursor)) !== this.#member) left -= 1;
      this.#cursor += 1;
    }
    if (left === 0) return;
    this.#tally.due -= left;
    this.#tell('miscounted', `${left} more told than were published`);
  }

  #skipOwn(): void {
    while (this.#cursor < this.#log.end && memberOf(this.#log.idAt(this.#cursor)) === this.#member) {
      this.#cursor += 1;
    }
  }

  #refuse(id: number): void {
    const last = this.#lastNumbers.get(memberOf(id)) ?? 0;
    if (this.#missing.delete(id)) this.#tell('late', describeId(id));
    else if (memberOf(id) === this.#member) this.#tell('foreign', describeId(id));
    else if (numberOf(id) <= last) this.#tell('twice', describeId(id));
    else if (this.#log.find(id, this.#log.start) === -1) this.#tell('foreign', describeId(id));
    else this.#tell('miscounted', `${describeId(id)} came, and was told as missed`);
  }

  #remember(end: number): void {
    for (let at = this.#cursor; at < end && this.#missing.size < rememberedMissing; at++) {
      this.#missing.add(this.#log.idAt(at));
    }
  }

  #dueTo(end: number): number {
    return this.#dueBetween(this.#cursor, end);
  }

  #dueFrom(start: number): number {
    return this.#dueBetween(start, this.#log.end);
  }

  #dueBetween(start: number, end: number): number {
    let due = 0;
    for (let at = Math.max(start, this.#log.start); at < end; at++) {
      if (memberOf(this.#log.idAt(at)) !== this.#member) due += 1;
    }
    return due;
  }
}
