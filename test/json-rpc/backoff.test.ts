/** The pause before the next attempt: twice as long each time, at random, and never for ever. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Backoff } from '#lib/json-rpc/backoff.js';
import { FakeClock } from '../support/fake-clock.js';

/** Makes chance choose the shortest pause, the longest, or one in the middle. */
function chance(t: TestContext, choice: number): void {
  t.mock.method(Math, 'random', () => choice);
}

/** The pauses of `count` failures in a row. */
function pauses(backoff: Backoff, count: number): number[] {
  return Array.from({ length: count }, () => {
    backoff.failed();
    return backoff.delay;
  });
}

describe('a backoff', () => {
  it('waits for nothing at first', () => {
    assert.equal(new Backoff().delay, 0);
  });

  it('doubles, up to ten seconds', (t) => {
    chance(t, 1);
    assert.deepEqual(pauses(new Backoff(), 9), [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  });

  it('is random within the upper half', (t) => {
    chance(t, 0);
    assert.deepEqual(pauses(new Backoff(), 3), [50, 100, 200]);
    chance(t, 0.5);
    assert.deepEqual(pauses(new Backoff(), 3), [75, 150, 300]);
  });

  it('is finite after any number of failures', (t) => {
    chance(t, 1);
    assert.equal(pauses(new Backoff(), 3_000).at(-1), 10_000);
  });

  it('begins anew after a link that lasted five seconds, and not after a shorter one', (t) => {
    const clock = FakeClock.of(t);
    chance(t, 1);
    const backoff = new Backoff();
    pauses(backoff, 3);
    backoff.opened();
    clock.pass(4_999);
    assert.deepEqual(pauses(backoff, 1), [800]);
    backoff.opened();
    clock.pass(5_000);
    assert.deepEqual(pauses(backoff, 2), [100, 200]);
  });

  it('counts time that no link was open for nothing', (t) => {
    const clock = FakeClock.of(t);
    chance(t, 1);
    const backoff = new Backoff();
    backoff.opened();
    assert.deepEqual(pauses(backoff, 2), [100, 200]);
    clock.pass(60_000);
    assert.deepEqual(pauses(backoff, 1), [400]);
  });
});
