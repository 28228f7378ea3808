/** Dispatch: each value to every subscription of its name, parsed once, and to no other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import { Dispatch } from '#lib/client/dispatch.js';
import { ActiveSubscription } from '#lib/client/subscription.js';
import { columnsOf } from '../support/arbitraries.js';

const host = {
  limits: defaultLimits,
  failed: (error: unknown) => assert.ifError(error),
  missed: () => assert.fail('nothing is missed'),
  drop: () => Promise.resolve(),
};

function subscribe(dispatch: Dispatch, event: string, handler: (value: unknown) => void): ActiveSubscription {
  const subscription = new ActiveSubscription(event, host, handler, undefined);
  dispatch.add(subscription);
  return subscription;
}

const batch = columnsOf([
  { name: 'a', value: '{"n":1}' },
  { name: 'b', value: '2' },
  { name: 'a', value: '[3]' },
  { name: 'nobody', value: '4' },
  { name: '__proto__', value: '5' },
]);

describe('dispatch', () => {
  it('gives each value to every subscription of its event, in order', () => {
    const dispatch = new Dispatch();
    const story: unknown[] = [];
    for (const [label, event] of [
      ['one', 'a'],
      ['two', 'a'],
      ['three', 'b'],
      ['four', '__proto__'],
      ['five', 'other'],
    ] as const) {
      subscribe(dispatch, event, (value) => story.push([label, value]));
    }
    dispatch.deliver(batch);
    assert.deepEqual(story, [
      ['one', { n: 1 }],
      ['two', { n: 1 }],
      ['three', 2],
      ['one', [3]],
      ['two', [3]],
      ['four', 5],
    ]);
  });

  it('parses a value once for all', () => {
    const dispatch = new Dispatch();
    const values: unknown[] = [];
    for (let i = 0; i < 2; i++) subscribe(dispatch, 'a', (value) => values.push(value));
    dispatch.deliver(columnsOf([{ name: 'a', value: '{}' }]));
    assert.equal(values[0], values[1]);
  });

  it('forgets a subscription once, and says whether it was there', () => {
    const dispatch = new Dispatch();
    const values: unknown[] = [];
    const [leaving] = [
      subscribe(dispatch, 'a', () => assert.fail('it was removed')),
      subscribe(dispatch, 'a', (value) => values.push(value)),
    ];
    assert.equal(dispatch.size, 2);
    assert.deepEqual([dispatch.remove(leaving), dispatch.remove(leaving)], [true, false]);
    assert.equal(dispatch.size, 1);
    dispatch.deliver(batch);
    assert.deepEqual(values, [{ n: 1 }, [3]]);
  });

  it('gives up all its subscriptions at once', () => {
    const dispatch = new Dispatch();
    const all = ['a', 'b', 'a'].map((event) => subscribe(dispatch, event, () => assert.fail('it was taken')));
    assert.deepEqual(new Set(dispatch.takeAll()), new Set(all));
    assert.deepEqual([dispatch.size, dispatch.takeAll()], [0, []]);
    dispatch.deliver(batch);
    for (const subscription of all) dispatch.add(subscription);
    assert.equal(dispatch.size, 3);
  });

  it('lets a handler end its own subscription and another one', () => {
    const dispatch = new Dispatch();
    const story: string[] = [];
    const first = subscribe(dispatch, 'a', () => {
      story.push('first');
      for (const subscription of [first, second]) {
        subscription.end();
        dispatch.remove(subscription);
      }
    });
    const second = subscribe(dispatch, 'a', () => story.push('second'));
    subscribe(dispatch, 'a', () => story.push('third'));
    dispatch.deliver(batch);
    assert.deepEqual(story, ['first', 'third', 'third']);
  });

  it('delivers nothing of a batch whose text is no JSON, or another number of values', () => {
    const delivered: unknown[] = [];
    const dispatch = new Dispatch();
    subscribe(dispatch, 'a', (value) => delivered.push(value));
    for (const values of ['[1,}}}]', '[1,2,3]', '[12345]']) {
      assert.throws(() => dispatch.deliver({ names: ['a'], lengths: [1, 3], values }), values);
    }
    assert.deepEqual(delivered, []);
  });
});
