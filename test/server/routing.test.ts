/** Routing, beside a naive reference that looks at one event and one subscriber at a time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { columnsProblem, encodedValues, nameAt, oneEvent, type Columns } from '#lib/protocol/columns.js';
import { route } from '#lib/server/routing.js';
import { Topics } from '#lib/server/topics.js';
import { columnsOf, encoded, record, type PlainEvent } from '../support/arbitraries.js';
import { holds } from '../support/property.js';

class Subscriber {
  readonly delivered: Columns[] = [];

  deliver(columns: Columns): void {
    this.delivered.push(columns);
  }

  get events(): PlainEvent[] {
    return this.delivered.flatMap((columns) =>
      [...encodedValues(columns)].map((value, position) => ({ name: nameAt(columns, position), value })),
    );
  }
}

const name = fc.constantFrom('a', 'b', 'c', 'nobody', '__proto__');

/** Who subscribes to what, some of it twice; the first one publishes. */
const subscriptions = fc.array(fc.array(name), { minLength: 1, maxLength: 5 });
const batches = fc.array(fc.array(record({ name, value: encoded }), { minLength: 1, maxLength: 20 }), {
  maxLength: 3,
});

/** Run lengths, written out. */
function writtenOut(runs: readonly number[]): number[] {
  const counts: number[] = [];
  for (let run = 0; run < runs.length; run += 2) {
    counts.push(...Array<number>(runs[run] as number).fill(runs[run + 1] as number));
  }
  return counts;
}

function setUp(wanted: readonly (readonly string[])[]): { topics: Topics<Subscriber>; all: Subscriber[] } {
  const topics = new Topics<Subscriber>();
  const all = wanted.map((names) => {
    const subscriber = new Subscriber();
    for (const wantedName of names) topics.join(wantedName, subscriber);
    return subscriber;
  });
  return { topics, all };
}

describe('routing', () => {
  it('gives each event once to each subscriber but the publisher, in order, and counts them', () => {
    holds(
      fc.property(subscriptions, batches, (wanted, published) => {
        const { topics, all } = setUp(wanted);
        const [publisher, ...others] = all as [Subscriber, ...Subscriber[]];
        for (const batch of published) {
          const counts = batch.map(
            (event) => wanted.slice(1).filter((names) => names.includes(event.name)).length,
          );
          assert.deepEqual(writtenOut(route(topics, publisher, columnsOf(batch))), counts);
        }
        assert.deepEqual(publisher.events, []);
        for (const [position, other] of others.entries()) {
          const own = wanted[position + 1] as string[];
          assert.deepEqual(
            other.events,
            published.flat().filter((event) => own.includes(event.name)),
          );
          for (const delivered of other.delivered) assert.equal(columnsProblem(delivered), undefined);
        }
      }),
      2_000,
    );
  });

  it('hands over the batch as it came where all of it is wanted, and shares a slice otherwise', () => {
    const { topics, all } = setUp([[], ['a', 'b'], ['b'], ['b', 'b']]);
    const [publisher, whole, one, other] = all as [Subscriber, Subscriber, Subscriber, Subscriber];
    const batch = columnsOf([
      { name: 'a', value: '1' },
      { name: 'b', value: '2' },
    ]);
    assert.deepEqual(route(topics, publisher, batch), [1, 1, 1, 3]);
    assert.equal(whole.delivered[0], batch);
    assert.deepEqual(one.delivered, [oneEvent('b', '2')]);
    assert.equal(one.delivered[0], other.delivered[0]);
  });

  it('counts and delivers a name once where a batch lists it twice', () => {
    const { topics, all } = setUp([[], ['a'], ['b']]);
    const [publisher, a, b] = all as [Subscriber, Subscriber, Subscriber];
    const batch = { names: ['a', 'b', 'a'], index: [0, 1, 2], values: '[1,2,3]', lengths: [1, 1, 1] };
    assert.deepEqual(writtenOut(route(topics, publisher, batch)), [1, 1, 1]);
    assert.deepEqual(
      [a.events.map(({ value }) => value), b.events.map(({ value }) => value)],
      [['1', '3'], ['2']],
    );
  });
});
