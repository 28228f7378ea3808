/** Signs of life, counted in the looks of the one who looks. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Liveness } from '#lib/ipc/liveness.js';

function watch(limits: { heartbeatTime: number; staleTime: number }): {
  liveness: Liveness;
  changes: [boolean, number][];
} {
  const changes: [boolean, number][] = [];
  return { liveness: new Liveness(limits, (...change) => changes.push(change)), changes };
}

describe('one who is looked at', () => {
  it('is stale after so many looks in a row that found nothing, once', () => {
    const { liveness, changes } = watch({ heartbeatTime: 10, staleTime: 25 });
    liveness.look(); // it had been heard before
    for (let n = 0; n < 2; n++) liveness.look();
    assert.deepEqual([liveness.isSilent, liveness.isStale, changes], [true, false, []]);
    for (let n = 0; n < 3; n++) liveness.look();
    assert.deepEqual([liveness.isStale, liveness.silence, changes], [true, 50, [[true, 30]]]);
  });

  it('recovers at the moment that it is heard', () => {
    const { liveness, changes } = watch({ heartbeatTime: 10, staleTime: 20 });
    for (let n = 0; n < 5; n++) liveness.look();
    liveness.heard();
    assert.deepEqual([liveness.isStale, liveness.silence], [false, 0]);
    liveness.heard();
    assert.deepEqual(changes, [
      [true, 20],
      [false, 40],
    ]);
  });

  it('is not stale after one look, however long that took', () => {
    const { liveness, changes } = watch({ heartbeatTime: 1_000, staleTime: 1 });
    liveness.look();
    liveness.look();
    assert.deepEqual(changes, []);
    liveness.look();
    assert.deepEqual(changes, [[true, 2_000]]);
  });

  it('is never stale while it is heard between the looks', () => {
    const { liveness, changes } = watch({ heartbeatTime: 10, staleTime: 20 });
    for (let n = 0; n < 20; n++) {
      liveness.look();
      if (n % 2 === 0) liveness.heard();
    }
    assert.deepEqual(changes, []);
  });
});
