/** What a cache holds: by key, by tag, by recency and by time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Store } from '#lib/state/client/caches/store.js';
import { FakeClock } from '../../../support/fake-clock.js';

function held(store: Store, ...keys: string[]): unknown[] {
  return keys.map((key) => store.get(key));
}

describe('the store of a cache', () => {
  it('holds any value but undefined, null included, under any key', () => {
    const store = new Store(10, 0);
    const values = [null, 0, '', false, NaN, { a: 1 }];
    const keys = ['', '__proto__', 'constructor', 'a', 'b', 'c'];
    for (const [i, value] of values.entries()) store.set(keys[i] as string, value, [], undefined);
    assert.deepEqual([held(store, ...keys), store.size], [values, 6]);
    assert.equal(store.get('toString'), undefined);
  });

  it('drops by key, by tag, and all', () => {
    const store = new Store(10, 0);
    store.set('a', 1, ['x', 'y'], undefined);
    store.set('b', 2, ['y', '__proto__'], undefined);
    store.set('c', 3, [], undefined);
    store.deleteTag('nobody');
    store.delete('nothing');
    assert.equal(store.size, 3);
    store.deleteTag('x');
    assert.deepEqual(held(store, 'a', 'b', 'c'), [undefined, 2, 3]);
    store.set('a', 1, ['x', 'y'], undefined);
    store.delete('a');
    store.set('a', 4, [], undefined);
    // It has no tag any more.
    store.deleteTag('x');
    assert.equal(store.get('a'), 4);
    store.deleteTag('y');
    assert.deepEqual(held(store, 'a', 'b', 'c'), [4, undefined, 3]);
    store.set('b', 2, ['y'], undefined);
    store.clear();
    assert.equal(store.size, 0);
    store.set('b', 5, [], undefined);
    store.deleteTag('y');
    assert.equal(store.get('b'), 5);
  });

  it('gives an entry that is set again the new tags only, also where its value is the same', () => {
    for (const value of [1, 2]) {
      const store = new Store(10, 0);
      store.set('a', 1, ['x'], undefined);
      store.set('a', value, ['y'], undefined);
      store.deleteTag('x');
      assert.equal(store.get('a'), value);
      store.set('a', value, [], undefined);
      store.deleteTag('y');
      assert.equal(store.get('a'), value);
    }
  });

  it('makes room by what was used least recently, which takes its tags along', () => {
    const store = new Store(2, 0);
    store.set('a', 1, ['x'], undefined);
    store.set('b', 2, [], undefined);
    assert.equal(store.get('a'), 1);
    store.set('c', 3, [], undefined);
    assert.deepEqual(held(store, 'a', 'b', 'c'), [1, undefined, 3]);
    store.set('d', 4, [], undefined);
    store.set('a', 5, [], undefined);
    store.deleteTag('x');
    assert.equal(store.get('a'), 5);
  });

  it('holds an entry for its time, or for that of all', (t) => {
    const clock = FakeClock.of(t);
    const store = new Store(10, 100);
    store.set('a', 1, ['x'], undefined);
    store.set('b', 2, [], 200);
    clock.pass(100);
    assert.deepEqual(held(store, 'a', 'b'), [1, 2]);
    clock.pass(1);
    assert.deepEqual(held(store, 'a', 'b'), [undefined, 2]);
    clock.pass(100);
    assert.deepEqual([held(store, 'b'), store.size], [[undefined], 0]);
    const timeless = new Store(10, 0);
    timeless.set('a', 1, [], undefined);
    timeless.set('b', 2, [], 50);
    clock.pass(1_000_000);
    assert.deepEqual(held(timeless, 'a', 'b'), [1, undefined]);
  });
});
