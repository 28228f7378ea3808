/** Who is waited for until an invalidation is carried out, and until when. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Caller } from '#lib/server/methods.js';
import { Invalidations, type Replica } from '#lib/state/server/caches/invalidations.js';

function caller(): Caller {
  return {} as Caller;
}

class Stage {
  readonly cache = new Invalidations();
  readonly settled: number[] = [];
  /** Those of them that some may not have carried out. */
  readonly doubtful: number[] = [];

  /** A replica of a client of its own. */
  join(id: string, by = caller()): Replica {
    this.cache.join(id, by);
    return this.cache.find(id) ?? assert.fail(id);
  }

  begin(by = caller()): boolean {
    const number = this.cache.last + 1;
    return this.cache.begin(by, (isCertain) => {
      this.settled.push(number);
      if (!isCertain) this.doubtful.push(number);
    });
  }
}

describe('an invalidation', () => {
  it('is carried out when every replica has said so, in whatever order', () => {
    const stage = new Stage();
    const { cache, settled } = stage;
    const [one, two] = [stage.join('1'), stage.join('2')];
    assert.deepEqual([stage.begin(), stage.begin(), stage.begin()], [true, true, true]);
    cache.done(one, 2);
    assert.equal(settled.length, 0);
    cache.done(two, 1);
    assert.deepEqual(settled, [1]);
    cache.done(two, 3);
    assert.deepEqual(settled, [1, 2]);
    cache.done(one, 3);
    assert.deepEqual(settled, [1, 2, 3]);
  });

  it('is not carried out by what was said before, twice, or of what is still to come', () => {
    const stage = new Stage();
    const replica = stage.join('1');
    stage.cache.done(replica, 100);
    stage.begin();
    stage.begin();
    assert.deepEqual(stage.settled, []);
    stage.cache.done(replica, 1);
    stage.cache.done(replica, 1);
    stage.cache.done(replica, 0);
    assert.deepEqual(stage.settled, [1]);
    stage.cache.done(replica, 100);
    stage.begin();
    assert.deepEqual(stage.settled, [1, 2]);
  });

  it('does not wait for who asks, nor for who joins later', () => {
    const stage = new Stage();
    const by = caller();
    const own = stage.join('1', by);
    assert.equal(stage.begin(by), false);
    const other = stage.join('2');
    assert.equal(stage.begin(by), true);
    stage.join('3');
    stage.cache.done(own, 2);
    assert.deepEqual(stage.settled, []);
    stage.cache.done(other, 2);
    assert.deepEqual(stage.settled, [2]);
  });

  it('of nobody is nobody waited for', () => {
    const stage = new Stage();
    assert.deepEqual([stage.begin(), stage.cache.last, stage.settled], [false, 1, []]);
  });

  it('does not wait for who has left, with whatever it was told before', () => {
    const stage = new Stage();
    const slow = caller();
    stage.join('1', slow);
    const second = stage.join('2', slow);
    const other = stage.join('3');
    stage.begin();
    stage.begin();
    stage.cache.done(other, 1);
    stage.cache.leave('1', true);
    assert.deepEqual([stage.settled, stage.cache.replicas], [[], 2]);
    stage.cache.done(second, 2);
    assert.deepEqual(stage.settled, [1]);
    stage.cache.done(other, 2);
    assert.deepEqual(stage.settled, [1, 2]);
    stage.cache.leave('1', true);
    stage.cache.leave('nobody', true);
    // What comes later is for who is there.
    stage.begin();
    assert.deepEqual(stage.settled, [1, 2]);
  });

  it('is doubtful where one was left out that does not know that yet, unless it had carried it out, or had asked for it', () => {
    const stage = new Stage();
    const ended = caller();
    const replica = stage.join('1', ended);
    const other = stage.join('2');
    stage.begin();
    stage.begin();
    stage.begin(ended);
    stage.cache.done(replica, 1);
    stage.cache.leave('1', false);
    stage.begin();
    assert.deepEqual(stage.settled, []);
    stage.cache.done(other, 4);
    assert.deepEqual([stage.settled, stage.doubtful], [[1, 2, 3, 4], [2]]);
  });
});
