/** What a client is told that it has missed, and that its server gives no sign of life: who hears of it, and where. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Gap } from 'clustercast';
import { connected } from '../support/fake-client.js';

const overflow = (events: Readonly<Record<string, number>>): Gap => ({
  reason: 'overflow',
  count: Object.values(events).reduce((sum, count) => sum + count, 0),
  events: new Map(Object.entries(events)),
});

describe('what a client has missed', () => {
  it('is told to each subscription that it concerns, at its place, and to the client as a whole', async () => {
    const fake = connected();
    const story: unknown[] = [];
    for (const [event, name] of [
      ['a', 'first'],
      ['a', 'second'],
      ['b', 'other'],
      ['c', 'none'],
    ] as const) {
      await fake.subscribe(
        event,
        (value) => story.push([name, value]),
        (gap) => story.push([name, gap]),
      );
    }
    fake.channel.publish('a', 1);
    fake.channel.say({ kind: 'missed', names: ['a', 'b', 'nobody'], counts: [2, 3, 4] });
    fake.channel.publish('a', 4);
    assert.deepEqual(story, [
      ['first', 1],
      ['second', 1],
      ['first', overflow({ a: 2 })],
      ['second', overflow({ a: 2 })],
      ['other', overflow({ b: 3 })],
      ['first', 4],
      ['second', 4],
    ]);
    assert.deepEqual(fake.of('gap'), [overflow({ a: 2, b: 3, nobody: 4 })]);
    assert.equal(fake.client.stats().missed, 2 + 2 + 3, 'each value once per subscription');
    await fake.end();
  });

  it("names no event of the server's own, and is not told where there is nothing else", async () => {
    const fake = connected();
    const own = '$clustercast/x';
    const gaps: Gap[] = [];
    await fake.subscribe(
      own,
      () => undefined,
      (gap) => gaps.push(gap),
    );
    await fake.subscribe('a', () => undefined);
    fake.channel.say({ kind: 'missed', names: [own, 'a'], counts: [2, 3] });
    fake.channel.say({ kind: 'missed', names: [own], counts: [4] });
    // Who has subscribed to it knows.
    assert.deepEqual(gaps, [overflow({ [own]: 2 }), overflow({ [own]: 4 })]);
    assert.deepEqual(fake.of('gap'), [overflow({ a: 3 })]);
    assert.equal(fake.client.stats().missed, 3);
    await fake.end();
  });

  it('is told to who iterates when the iteration comes there, several with no value between as one', async () => {
    const fake = connected();
    const story: unknown[] = [];
    const subscription = await fake.subscribe('a', undefined, (gap) => story.push(gap));
    fake.channel.publish('a', 1);
    for (const count of [2, 3]) fake.channel.say({ kind: 'missed', names: ['a'], counts: [count] });
    fake.channel.publish('a', 7);
    assert.equal(story.length, 0);
    const values = subscription[Symbol.asyncIterator]();
    for (let n = 0; n < 2; n++) story.push((await values.next()).value);
    assert.deepEqual(story, [1, overflow({ a: 5 }), 7]);
    await fake.end();
  });

  it('is told at once to who waits for the next value', async () => {
    const fake = connected();
    const story: unknown[] = [];
    const subscription = await fake.subscribe('a', undefined, (gap) => story.push(gap));
    const next = subscription[Symbol.asyncIterator]().next();
    fake.channel.say({ kind: 'missed', names: ['a'], counts: [1] });
    assert.deepEqual(story, [overflow({ a: 1 })]);
    fake.channel.publish('a', 2);
    assert.equal((await next).value, 2);
    await fake.end();
  });
});

describe('a server that gives no sign of life', () => {
  it('is told of, once, and again when it gives one', async () => {
    const fake = connected();
    for (const isStale of [false, true, true]) fake.channel.stale(isStale);
    assert.deepEqual([fake.client.stats().isStale, fake.kinds], [true, ['connect', 'stale']]);
    fake.channel.stale(false);
    assert.deepEqual([fake.client.stats().isStale, fake.kinds], [false, ['connect', 'stale', 'recovered']]);
    await fake.end();
  });

  it('is stale no more when its link is lost', async () => {
    const fake = connected();
    fake.channel.stale(true);
    fake.reconnect();
    assert.deepEqual(fake.kinds, ['connect', 'stale', 'disconnect', 'connect']);
    assert.equal(fake.client.stats().isStale, false);
    await fake.end();
  });
});
