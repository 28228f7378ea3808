/** The alarm: one timer for many deadlines, and none where there is no deadline. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Alarm } from '#lib/client/alarm.js';
import { deferred } from '#lib/client/deferred.js';
import { timers } from '../support/timers.js';

const far = 1_000_000;

function ringing(): { alarm: Alarm; rung: Promise<void>; count: () => number } {
  const rung = deferred<void>();
  let count = 0;
  const alarm = new Alarm(() => {
    count += 1;
    rung.resolve();
  });
  return { alarm, rung: rung.promise, count: () => count };
}

describe('an alarm', () => {
  it('rings once, at the earliest of its deadlines, with one timer for all', async () => {
    const before = timers();
    const { alarm, rung, count } = ringing();
    for (const wait of [far, 1, far, 2 * far]) {
      alarm.setFor(performance.now() + wait);
      assert.equal(timers(), before + 1);
    }
    await rung;
    assert.deepEqual([count(), timers()], [1, before]);
  });

  it('rings for a deadline that has passed, but not before it is asked for again', async () => {
    const { alarm, rung, count } = ringing();
    alarm.setFor(performance.now() - far);
    await rung;
    assert.equal(count(), 1);
    const again = ringing();
    again.alarm.setFor(performance.now() + far);
    again.alarm.clear();
    again.alarm.setFor(performance.now());
    await again.rung;
    assert.equal(count(), 1);
  });

  it('may be set again by what it rings for', async () => {
    const twice = deferred<void>();
    let rings = 0;
    const alarm = new Alarm(() => {
      rings += 1;
      if (rings === 2) twice.resolve();
      else alarm.setFor(performance.now());
    });
    alarm.setFor(performance.now());
    await twice.promise;
  });

  it('holds the process, or not, as it is told, before and after it is set', () => {
    const before = timers();
    const { alarm } = ringing();
    alarm.hold(false);
    alarm.setFor(performance.now() + far);
    assert.equal(timers(), before);
    alarm.hold(true);
    assert.equal(timers(), before + 1);
    alarm.clear();
    alarm.clear();
    assert.equal(timers(), before);
  });
});
