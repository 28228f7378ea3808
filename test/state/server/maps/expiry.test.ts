/** When entries end: in order, with one timer, and without memory for what was written again. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import fc from 'fast-check';
import { defaultLimits } from 'clustercast';
import { Expiry, sliceLength } from '#lib/state/server/maps/expiry.js';
import { AuthorityMap } from '#lib/state/server/maps/map.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { holds } from '../../../support/property.js';

class Stage {
  readonly clock: FakeClock;
  readonly expiry = new Expiry();
  /** What has ended, and when. */
  readonly ended: [key: string, at: number][] = [];
  readonly map: AuthorityMap;

  constructor(t: TestContext) {
    this.clock = FakeClock.of(t);
    this.map = new AuthorityMap('m', 0, {
      limits: defaultLimits,
      turnedAway: () => undefined,
      changed: (_map, text) => {
        const { key, expired } = JSON.parse(text) as { key: string; expired?: boolean };
        if (expired === true) this.ended.push([key, performance.now()]);
      },
    });
  }

  /** @returns when it ends. */
  set(key: string, ttl: number): number {
    const at = performance.now() + ttl;
    this.map.set(key, '1', at);
    this.expiry.add(at, this.map, key);
    return at;
  }
}

describe('expiry', () => {
  it('ends each entry at its time, the earliest first, whatever the order in which they were made', (t) => {
    const property = fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 60 }), (ttls) => {
      const stage = new Stage(t);
      const expected = ttls.map((ttl, n): [string, number] => [String(n), stage.set(String(n), ttl)]);
      assert.ok(stage.clock.size <= 1, 'one timer for all');
      stage.clock.pass(100);
      assert.deepEqual(new Map(stage.ended), new Map(expected));
      const times = stage.ended.map(([, at]) => at);
      assert.deepEqual(
        times,
        times.toSorted((one, other) => one - other),
      );
      assert.deepEqual([stage.map.size, stage.clock.size], [0, 0]);
    });
    holds(property, 200);
  });

  it('passes over what was written again, deleted, or made anew', (t) => {
    const stage = new Stage(t);
    stage.set('later', 10);
    stage.set('later', 20);
    stage.set('stays', 10);
    stage.map.set('stays', '2', undefined);
    stage.set('gone', 10);
    stage.map.delete('gone');
    stage.set('sooner', 30);
    stage.set('sooner', 5);
    const start = performance.now();
    stage.clock.pass(100);
    assert.deepEqual(
      stage.ended.map(([key, at]) => [key, at - start]),
      [
        ['sooner', 5],
        ['later', 20],
      ],
    );
    assert.deepEqual(
      [...stage.map.entries()].map(([key]) => key),
      ['stays'],
    );
  });

  it('keeps nothing in memory for entries that are refreshed all the time', (t) => {
    const stage = new Stage(t);
    let kept = 0;
    let most = 0;
    // What it keeps shows in how often a sweep looks whether an entry is still the one.
    const get = stage.map.get.bind(stage.map);
    stage.map.get = (key) => {
      kept += 1;
      return get(key);
    };
    for (let n = 0; n < 20_000; n++) {
      kept = 0;
      stage.clock.pass(1);
      stage.set(`session ${n % 10}`, 10_000);
      most = Math.max(most, kept);
    }
    assert.ok(most >= 1_000 && most <= 2_100, `${most} looked at in one sweep`);
    stage.clock.pass(20_000);
    assert.equal(stage.ended.length, 10);
  });

  it('ends those that are due at once a slice at a time, with turns for others in between', (t) => {
    const stage = new Stage(t);
    const count = 5 * sliceLength + 1;
    for (let n = 0; n < count; n += 1) stage.set(String(n), 10);
    const bySlice = new Map<number, number>();
    stage.clock.pass(10);
    assert.equal(stage.ended.length, sliceLength);
    // One that is made meanwhile takes its place in the order.
    stage.set('later', 8);
    stage.clock.pass(7);
    assert.deepEqual([stage.ended.length, stage.map.size], [count, 1]);
    for (const [, at] of stage.ended) bySlice.set(at, (bySlice.get(at) ?? 0) + 1);
    assert.deepEqual([...bySlice.values()], [...Array.from({ length: 5 }, () => sliceLength), 1]);
    stage.clock.pass(1);
    assert.deepEqual([stage.ended.at(-1)?.[0], stage.clock.size], ['later', 0]);
  });

  it('waits longer than a timer can', (t) => {
    const stage = new Stage(t);
    const month = 31 * 24 * 3_600_000;
    stage.set('k', month);
    assert.ok(stage.clock.next <= 0x7fffffff);
    stage.clock.pass(month - 1);
    assert.deepEqual(stage.ended, []);
    stage.clock.pass(1);
    assert.equal(stage.ended.length, 1);
  });

  it('does not keep the process alive, and is over when it is closed', (t) => {
    const stage = new Stage(t);
    stage.set('k', 1_000);
    assert.deepEqual([stage.clock.size, stage.clock.holding], [1, 0]);
    stage.set('sooner', 10);
    assert.deepEqual([stage.clock.size, stage.clock.holding], [1, 0]);
    stage.expiry.close();
    assert.equal(stage.clock.size, 0);
    stage.clock.pass(2_000);
    assert.deepEqual(stage.ended, []);
  });
});
