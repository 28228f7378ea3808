/**
 * The soak's judge: what is right goes through, and each kind of violation is found. Two others, 8 and 9, publish; the
 * member that is judged is number 1.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Recorder, valueId } from '../../soak/entries.js';
import { Judge } from '../../soak/judge/judge.js';
import type { Kind } from '../../soak/judge/violations.js';

const own = 1;

/** A judge, the reference, and what member 1 records. */
class Court {
  readonly judge: Judge = new Judge();
  readonly recorder: Recorder = new Recorder();
  readonly #numbers = new Map<number, number>();

  constructor() {
    this.judge.join(own, 'the judged one');
    this.judge.join(8, 'one');
    this.judge.join(9, 'another one');
  }

  /** The next value of `member` comes to the reference. */
  publish(member: number, event = 0): number {
    const number = (this.#numbers.get(member) ?? 0) + 1;
    this.#numbers.set(member, number);
    this.judge.ordered(event, valueId(member, number));
    return valueId(member, number);
  }

  publishMany(count: number): number[] {
    return Array.from({ length: count }, (_, place) => this.publish(8 + (place % 2)));
  }

  subscribe(subscription = 1, event = 0): void {
    this.recorder.asked(subscription, event, false, 0);
    this.recorder.granted(subscription);
    this.tell();
  }

  receive(...ids: readonly number[]): void {
    for (const id of ids) this.recorder.value(1, id);
  }

  /** Its report comes in. */
  tell(): void {
    this.judge.report(own, {
      soak: 'report',
      entries: this.recorder.take(),
      outcomes: new Float64Array(),
      errors: [],
    });
  }

  answer(member: number, ...outcomes: readonly number[]): void {
    const entries = new Float64Array();
    this.judge.report(member, { soak: 'report', entries, outcomes: Float64Array.from(outcomes), errors: [] });
  }

  found(): Partial<Record<Kind, number>> {
    this.tell();
    this.judge.finish();
    return Object.fromEntries(this.judge.violations.counts);
  }
}

/** A court whose member has subscribed, and 10 values of others. */
function begun(): { readonly court: Court; readonly ids: readonly number[] } {
  const court = new Court();
  court.subscribe();
  return { court, ids: court.publishMany(10) };
}

describe('the judge of the soak finds no fault', () => {
  it('with a subscription that receives all, but for what its own client published', () => {
    const { court, ids } = begun();
    court.publish(own);
    const last = court.publish(9);
    court.receive(...ids, last);
    assert.deepEqual(court.found(), {});
    assert.deepEqual(court.judge.tally, { due: 11, received: 11, told: 0, uncounted: 0, gaps: 0 });
  });

  it('with a gap that tells exactly what is missing: before the first value, between two, and at the end', () => {
    const { court, ids } = begun();
    court.recorder.gap(1, 2);
    court.receive(...ids.slice(2, 4));
    court.recorder.gap(1, 3);
    court.receive(...ids.slice(7, 9));
    court.recorder.gap(1, 1);
    assert.deepEqual(court.found(), {});
    assert.deepEqual(court.judge.tally, { due: 10, received: 4, told: 6, uncounted: 0, gaps: 3 });
  });

  it('with a subscription that began between its request and its grant', () => {
    const court = new Court();
    court.recorder.asked(1, 0, false, 0);
    court.tell();
    const ids = court.publishMany(6);
    court.recorder.granted(1);
    court.tell();
    court.receive(...ids.slice(3));
    assert.deepEqual(court.found(), {});
    assert.equal(court.judge.tally.due, 3);
  });

  it('with a subscription that began between two values of its own client, as it must', () => {
    const court = new Court();
    const [before] = [court.publish(8), court.publish(own)];
    court.recorder.asked(1, 0, false, 1);
    court.publish(own);
    court.recorder.granted(1);
    const ids = court.publishMany(4);
    court.tell();
    court.recorder.gap(1, 1);
    court.receive(...ids.slice(1));
    assert.ok(before > 0);
    assert.deepEqual(court.found(), {});
    assert.equal(court.judge.tally.due, 4);
  });

  it('with what was lost between two links, which is told without a count', () => {
    const { court, ids } = begun();
    court.receive(...ids.slice(0, 3));
    court.recorder.gap(1, undefined);
    court.receive(...ids.slice(6));
    assert.deepEqual(court.found(), {});
    assert.deepEqual(court.judge.tally, { due: 10, received: 7, told: 0, uncounted: 3, gaps: 1 });
  });

  it('with a member that was killed, and told the beginning of what it received', () => {
    const { court, ids } = begun();
    court.receive(...ids.slice(0, 4));
    court.tell();
    court.judge.leave(own);
    assert.deepEqual(court.found(), {});
    assert.equal(court.judge.tally.due, 4);
  });

  it('with two subscriptions to the same event, and a value for each', () => {
    const { court, ids } = begun();
    court.subscribe(2);
    const last = court.publish(8);
    court.receive(...ids, last);
    court.recorder.value(2, last);
    assert.deepEqual(court.found(), {});
  });
});

/** What is to be found, and what happens. */
type Fault = readonly [Partial<Record<Kind, number>>, (court: Court, ids: readonly number[]) => void];

describe('the judge of the soak finds', () => {
  const faults: Readonly<Record<string, Fault>> = {
    'a value that is missing': [
      { missing: 1 },
      (court, ids) => court.receive(...ids.slice(0, 4), ...ids.slice(5)),
    ],
    'values that are missing at the end': [{ missing: 2 }, (court, ids) => court.receive(...ids.slice(0, 8))],
    'values that are missing at the beginning': [
      { missing: 3 },
      (court, ids) => court.receive(...ids.slice(3)),
    ],
    'that nothing came': [{ missing: 10 }, () => undefined],
    'a value that came twice in a row': [
      { twice: 1 },
      (court, ids) => court.receive(...ids.slice(0, 4), ...ids.slice(3)),
    ],
    'a value that came again much later': [{ twice: 1 }, (court, ids) => court.receive(...ids, ids[2] ?? 0)],
    'two values in the wrong order': [
      { missing: 1, late: 1 },
      (court, ids) => court.receive(...ids.slice(0, 4), ids[5] ?? 0, ids[4] ?? 0, ...ids.slice(6)),
    ],
    'a value that nobody published': [
      { foreign: 1 },
      (court, ids) => court.receive(...ids.slice(0, 4), valueId(9, 99), ...ids.slice(4)),
    ],
    'a value of its own': [{ foreign: 1 }, (court, ids) => court.receive(...ids, court.publish(own))],
    'a gap of one too few': [
      { miscounted: 1 },
      (court, ids) => {
        court.receive(...ids.slice(0, 3));
        court.recorder.gap(1, 2);
        court.receive(...ids.slice(6));
      },
    ],
    'a gap of one too many': [
      { miscounted: 1 },
      (court, ids) => {
        court.receive(...ids.slice(0, 3));
        court.recorder.gap(1, 3);
        court.receive(...ids.slice(5));
      },
    ],
    'a gap before the value where it should be behind it': [
      { miscounted: 1, missing: 1 },
      (court, ids) => {
        court.receive(...ids.slice(0, 3));
        court.recorder.gap(1, 2);
        court.receive(ids[3] ?? 0, ...ids.slice(6));
      },
    ],
    'a gap of more than there was': [
      { miscounted: 1 },
      (court, ids) => {
        court.receive(...ids);
        court.recorder.gap(1, 1);
      },
    ],
    'a value for a subscription that has ended': [
      { foreign: 1 },
      (court, ids) => {
        court.receive(...ids);
        court.recorder.ended(1);
        court.receive(court.publish(8));
      },
    ],
    'a value that is damaged': [
      { damaged: 1 },
      (court, ids) => {
        court.receive(...ids);
        court.recorder.damaged(1, court.publish(8));
        court.recorder.gap(1, 1);
      },
    ],
  };

  for (const [name, [expected, act]] of Object.entries(faults)) {
    it(name, () => {
      const { court, ids } = begun();
      act(court, ids);
      assert.deepEqual(court.found(), expected);
    });
  }

  it('a gap that counts what was published before the subscription began, or not all since', () => {
    for (const count of [3, 1]) {
      const court = new Court();
      court.publishMany(2);
      court.publish(own);
      court.recorder.asked(1, 0, false, 1);
      court.publish(own);
      const ids = court.publishMany(4);
      court.recorder.granted(1);
      court.recorder.gap(1, count);
      court.receive(...ids.slice(2));
      assert.deepEqual(court.found(), count === 3 ? { miscounted: 1 } : { missing: 1 });
    }
  });

  it('values of two events out of their common order', () => {
    const court = new Court();
    court.subscribe(1, 0);
    court.subscribe(2, 1);
    const [first, second] = [court.publish(8, 0), court.publish(8, 1)];
    court.recorder.value(2, second);
    court.recorder.value(1, first);
    assert.deepEqual(court.found(), { crossed: 1 });
  });

  it('publishes of one client out of order, accepted and not published, refused and published', () => {
    const court = new Court();
    court.publish(8);
    court.publish(8);
    court.judge.ordered(0, valueId(8, 1));
    assert.deepEqual(court.found(), { unordered: 1 });
    court.answer(8, 1, 2, 3);
    assert.equal(court.judge.violations.counts.get('untrue'), 3); // a rest has forgotten the first two
    court.publish(9);
    court.answer(9, 1, -2);
    assert.equal(court.judge.violations.counts.get('untrue'), 3);
    court.publish(9);
    assert.equal(court.judge.violations.counts.get('untrue'), 4);
  });
});

it('the judge of the soak keeps only what somebody still has to account for', () => {
  const { court, ids } = begun();
  court.receive(...ids);
  for (const publisher of [8, 9]) court.judge.leave(publisher);
  for (let round = 0; round < 50; round++) {
    court.receive(...court.publishMany(1_000));
    court.tell();
    court.judge.tidy();
    assert.ok(court.judge.kept <= 4_096, `${court.judge.kept} kept`);
  }
  assert.deepEqual(court.found(), {});
  assert.equal(court.judge.tally.received, 50_010);
});
