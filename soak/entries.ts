/**
 * What a member records of its subscriptions, in the order in which it happened, as pairs of numbers: which
 * subscription, and what. Numbers, so that 20,000 values a second cost next to nothing to tell.
 */

/** The events that are published. A member's subscriptions name them by their place here. */
export const eventNames: readonly string[] = Array.from({ length: 8 }, (_, place) => `soak::${place}`);

/** What can happen to a subscription. */
export interface EntryHandlers {
  /** It is being asked for, after its member has published so many values, and before it publishes the next one. */
  asked(subscription: number, event: number, isIterated: boolean, published: number): void;
  /** The server has granted it. */
  granted(subscription: number): void;
  /** Its member has ended it, or it was not granted. */
  ended(subscription: number): void;
  value(subscription: number, id: number): void;
  /** A value that is not what was published under this id. */
  damaged(subscription: number, id: number): void;
  /** Values were told as missed: how many, or `undefined` where that cannot be known. */
  gap(subscription: number, count: number | undefined): void;
}

/** Below it are the marks, from it on the ids of values, below zero the gaps. */
const idBase = 2 ** 32;
const grantedMark = 1;
const endedMark = 2;
const damagedMark = 3;
const askedMarks = 16;

/** Names the `number`th value of a member. */
export function valueId(member: number, number: number): number {
  return member * idBase + number;
}

/** Who published it. */
export function memberOf(id: number): number {
  return Math.floor(id / idBase);
}

export function numberOf(id: number): number {
  return id % idBase;
}

export function describeId(id: number): string {
  return `value ${numberOf(id)} of member ${memberOf(id)}`;
}

/** Records entries until they are taken. */
export class Recorder implements EntryHandlers {
  #pairs: number[] = [];

  asked(subscription: number, event: number, isIterated: boolean, published: number): void {
    const mark = askedMarks + event * 2 + (isIterated ? 1 : 0);
    this.#pairs.push(subscription, mark, subscription, published);
  }

  granted(subscription: number): void {
    this.#pairs.push(subscription, grantedMark);
  }

  ended(subscription: number): void {
    this.#pairs.push(subscription, endedMark);
  }

  value(subscription: number, id: number): void {
    this.#pairs.push(subscription, id);
  }

  damaged(subscription: number, id: number): void {
    this.#pairs.push(subscription, damagedMark, subscription, id);
  }

  gap(subscription: number, count: number | undefined): void {
    this.#pairs.push(subscription, count === undefined ? -Infinity : -count);
  }

  take(): Float64Array {
    const taken = Float64Array.from(this.#pairs);
    this.#pairs = [];
    return taken;
  }
}

/** Tells `handlers` what was recorded, in order. */
export function replay(pairs: Float64Array, handlers: EntryHandlers): void {
  for (let place = 0; place + 1 < pairs.length; place += 2) {
    const subscription = pairs[place] as number;
    const what = pairs[place + 1] as number;
    if (what >= idBase) handlers.value(subscription, what);
    else if (what <= 0) handlers.gap(subscription, what === -Infinity ? undefined : -what);
    else if (what === grantedMark) handlers.granted(subscription);
    else if (what === endedMark) handlers.ended(subscription);
    else if (what === damagedMark) {
      place += 2;
      handlers.damaged(subscription, pairs[place + 1] as number);
    } else {
      const asked = what - askedMarks;
      place += 2;
      handlers.asked(subscription, asked >> 1, (asked & 1) === 1, pairs[place + 1] as number);
    }
  }
}
