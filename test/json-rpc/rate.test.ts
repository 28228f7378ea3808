/** A rate: so many a second, and a pause that makes up for more. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rate } from '#lib/json-rpc/rate.js';
import { FakeClock } from '../support/fake-clock.js';

describe('a rate', () => {
  it('has room for a whole second at first, and then for one at a time', (t) => {
    const clock = FakeClock.of(t);
    const rate = new Rate(4);
    for (let taken = 0; taken < 4; taken++) {
      assert.equal(rate.wait, 0, `after ${taken}`);
      rate.take(1);
    }
    assert.equal(rate.wait, 250);
    clock.pass(125);
    assert.equal(rate.wait, 125);
    clock.pass(125);
    assert.equal(rate.wait, 0);
    rate.take(1);
    assert.equal(rate.wait, 250);
    clock.pass(375);
    assert.equal(rate.wait, 0);
  });

  it('lets more be taken than there is room for, and wants it made up for', (t) => {
    const clock = FakeClock.of(t);
    const rate = new Rate(10);
    rate.take(25);
    assert.equal(rate.wait, 1_600);
    clock.pass(1_600);
    assert.equal(rate.wait, 0);
  });

  it('gathers no room beyond one second in a pause', (t) => {
    const clock = FakeClock.of(t);
    const rate = new Rate(2);
    rate.take(2);
    clock.pass(3_600_000);
    assert.equal(rate.wait, 0);
    rate.take(2);
    assert.equal(rate.wait, 500);
  });

  it('waits whole milliseconds, after which there is room but for what fractions lose', (t) => {
    const clock = FakeClock.of(t);
    for (const perSecond of [3, 7, 999, 1_000, 60_000]) {
      const rate = new Rate(perSecond);
      for (let round = 0; round < 50; round++) {
        rate.take(perSecond + 1);
        const { wait } = rate;
        assert.ok(Number.isInteger(wait) && wait > 0, `${perSecond}: ${wait}`);
        clock.pass(wait);
        assert.ok(rate.wait <= 1, `${perSecond}, round ${round}`);
      }
    }
  });
});
