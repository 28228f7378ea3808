/**
 * The invalidations of one cache, and who is still to carry them out: each replica that was there when one was told, until
 * it has said that it has, or need not any more. Knows no client's rights and no wire.
 */
import type { Caller } from '../../../server/methods.js';

/** A client that holds a replica of a cache. */
export interface Replica {
  readonly caller: Caller;
  /** All up to this number are carried out there. */
  done: number;
}

/** One that some replicas have not carried out. */
interface Pending {
  /** Who has asked for it, and has carried it out before. */
  readonly by: Caller;
  /** How many have not. */
  waitsFor: number;
  /** Whether none was left out that may still hold what was to be dropped. */
  isCertain: boolean;
  readonly settle: Settle;
}

/** Nobody is waited for any more; whether it is certain that it is carried out. */
type Settle = (isCertain: boolean) => void;

export class Invalidations {
  readonly #replicas = new Map<string, Replica>();
  /** By their numbers. */
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  /** How many replicas there are. */
  get replicas(): number {
    return this.#replicas.size;
  }

  /** The replica is there, under an id: what is told from now on is for it, too. */
  join(id: string, caller: Caller): void {
    this.#replicas.set(id, { caller, done: this.#last });
  }

  /**
   * It is there no more.
   *
   * @param isGone whether it holds nothing; where it does not know yet that it was left out, it may.
   */
  leave(id: string, isGone: boolean): void {
    const replica = this.#replicas.get(id);
    if (replica === undefined) return;
    if (!isGone) this.#doubt(replica);
    this.done(replica, this.#last);
    this.#replicas.delete(id);
  }

  find(id: string): Replica | undefined {
    return this.#replicas.get(id);
  }

  /** The number of the last one. */
  get last(): number {
    return this.#last;
  }

  /**
   * The next one is told.
   *
   * @param settle is called once, when every replica but those of `by` has carried it out.
   * @returns whether there is any other; without one, `settle` is not called.
   */
  begin(by: Caller, settle: Settle): boolean {
    this.#last += 1;
    let waitsFor = 0;
    for (const { caller } of this.#replicas.values()) if (caller !== by) waitsFor += 1;
    if (waitsFor > 0) this.#pending.set(this.#last, { by, waitsFor, isCertain: true, settle });
    return waitsFor > 0;
  }

  /** A replica has carried out all up to `number`, or what was told, if that is less. */
  done(replica: Replica, number: number): void {
    const last = Math.min(number, this.#last);
    while (replica.done < last) {
      replica.done += 1;
      const pending = this.#pending.get(replica.done);
      if (pending === undefined || pending.by === replica.caller) continue;
      pending.waitsFor -= 1;
      if (pending.waitsFor > 0) continue;
      this.#pending.delete(replica.done);
      pending.settle(pending.isCertain);
    }
  }

  #doubt(replica: Replica): void {
    for (let number = replica.done + 1; number <= this.#last; number += 1) {
      const pending = this.#pending.get(number);
      if (pending !== undefined && pending.by !== replica.caller) pending.isCertain = false;
    }
  }
}
