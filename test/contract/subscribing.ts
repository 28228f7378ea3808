/** Subscribing: handlers, iteration, buffers, the end of a subscription. */
import assert from 'node:assert/strict';
import type { Gap, Message } from 'clustercast';
import type { CachingClient } from '#lib/state/client/caching-client.js';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import type { Case } from './stage.js';

export const subscribing: readonly Case[] = [
  {
    name: 'a handler gets the value and its message',
    run: async (open) => {
      const stage = await open();
      const received: [unknown, Message<unknown>][] = [];
      const subscription = await stage.connect().subscribe('e', (value, message) => {
        received.push([value, message]);
      });
      assert.equal(subscription.event, 'e');
      assert.match(subscription.id, /^\d+$/);
      await stage.connect().publish('e', { n: 1 });
      await until(() => received.length === 1, 'the value');
      assert.deepEqual(received, [[{ n: 1 }, { event: 'e', value: { n: 1 } }]]);
    },
  },
  {
    name: 'each of two subscriptions to one event receives each value once, from its own beginning',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const early: unknown[] = [];
      const late: unknown[] = [];
      const first = await subscriber.subscribe('e', (value) => early.push(value));
      await publisher.publish('e', 1);
      const second = await subscriber.subscribe('e', (value) => late.push(value));
      assert.notEqual(first.id, second.id);
      await publisher.publish('e', 2);
      await until(() => early.length === 2, 'two values');
      await first.unsubscribe();
      assert.deepEqual(await publisher.publish('e', 3), { listeners: 1 });
      await until(() => late.length === 2, 'two values');
      assert.deepEqual(
        [early, late],
        [
          [1, 2],
          [2, 3],
        ],
      );
    },
  },
  {
    name: 'values that arrive with the answer are received: await subscribe(), then for await',
    run: async (open) => {
      const client = (await open()).connect() as CachingClient;
      const subscribed = client.subscribe('e');
      const burst = client.request('test::burst', { event_name: 'e', count: 100 });
      const subscription = await subscribed;
      await burst;
      const received: unknown[] = [];
      for await (const value of subscription) if (received.push(value) === 100) break;
      assert.deepEqual(received, [...Array(100).keys()]);
    },
  },
  {
    name: 'values that arrive with the answer reach a handler',
    run: async (open) => {
      const client = (await open()).connect() as CachingClient;
      const received: unknown[] = [];
      const subscribed = client.subscribe('e', (value) => received.push(value));
      await Promise.all([subscribed, client.request('test::burst', { event_name: 'e', count: 100 })]);
      assert.deepEqual(received, [...Array(100).keys()]);
    },
  },
  {
    name: 'a handler that throws or rejects raises error, and nothing else',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const errors: unknown[] = [];
      const received: unknown[] = [];
      await subscriber.subscribe('e', () => {
        throw new Error('thrown');
      });
      await subscriber.subscribe('e', () => Promise.reject(new Error('rejected')));
      await subscriber.subscribe('e', (value) => received.push(value));
      await publisher.publish('e', 'unheard');
      await until(() => received.length === 1, 'the value');
      subscriber.on('error', (error) => {
        errors.push((error as Error).message);
        throw new Error('a listener of error that throws');
      });
      await publisher.publish('e', 'heard');
      await until(() => received.length === 2 && errors.length === 2, 'value and errors');
      assert.deepEqual(errors, ['thrown', 'rejected']);
    },
  },
  {
    name: 'after unsubscribe() was called nothing is received, and the server has dropped it when it resolves',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const received: unknown[] = [];
      const subscription = await subscriber.subscribe('e', (value) => {
        received.push(value);
        void subscription.unsubscribe();
      });
      await Promise.all([1, 2, 3].map((value) => publisher.publish('e', value)));
      await subscription.unsubscribe();
      await subscription.unsubscribe();
      assert.deepEqual(await publisher.publish('e', 4), { listeners: 0 });
      assert.equal((await stage.stats()).subscriptions, 0);
      assert.equal((await stage.stats()).events, 0);
      assert.deepEqual(received, [1]);
    },
  },
  {
    name: 'leaving a loop unsubscribes, and so does dropping an iterator before its first next()',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const left = await subscriber.subscribe('left');
      const dropped = await subscriber.subscribe('dropped');
      await publisher.publish('left', 1);
      for await (const value of left) {
        assert.equal(value, 1);
        break;
      }
      await dropped[Symbol.asyncIterator]().return?.();
      assert.equal((await stage.stats()).subscriptions, 0);
      assert.equal(subscriber.stats().subscriptions, 0);
      for await (const _ of left) assert.fail('an ended subscription has no values');
    },
  },
  {
    name: 'unsubscribing ends a loop that waits',
    run: async (open) => {
      const over = { done: true, value: undefined };
      const subscription = await (await open()).connect().subscribe('e');
      const ends = [subscription[Symbol.asyncIterator]().next(), subscription[Symbol.asyncIterator]().next()];
      await subscription[Symbol.asyncDispose]();
      assert.deepEqual(await Promise.all(ends), [over, over]);
    },
  },
  {
    name: 'a buffer that overflows tells the gap at its place, and goes on',
    run: async (open) => {
      const stage = await open();
      const publisher = stage.connect();
      const subscriber = stage.connect({ limits: { bufferMessages: 10 } });
      const story: unknown[] = [];
      const gaps: Gap[] = [];
      subscriber.on('gap', (gap) => gaps.push(gap));
      const subscription = await subscriber.subscribe('e', {
        onGap: ({ count }) => story.push(`missed ${count}`),
      });
      await Promise.all([...Array(25).keys()].map((n) => publisher.publish('e', n)));
      await until(() => subscriber.stats().received === 25, 'all values');
      const values = subscription[Symbol.asyncIterator]();
      for (let n = 0; n < 10; n++) story.push((await values.next()).value);
      await publisher.publish('e', 25);
      story.push((await values.next()).value);
      assert.deepEqual(story, [...Array(10).keys(), 'missed 15', 25]);
      assert.deepEqual(gaps, [{ reason: 'overflow', count: 15, events: new Map([['e', 15]]) }]);
      assert.equal(subscriber.stats().missed, 15);
    },
  },
  {
    name: 'a buffer is bounded by length too, but always takes one value',
    run: async (open) => {
      const stage = await open();
      const publisher = stage.connect();
      const subscriber = stage.connect({ limits: { bufferLength: 100 } });
      const missed: unknown[] = [];
      const subscription = await subscriber.subscribe('e', { onGap: ({ count }) => missed.push(count) });
      for (const length of [200, 10, 10]) await publisher.publish('e', 'x'.repeat(length));
      await until(() => subscriber.stats().received === 3, 'all values');
      const values = subscription[Symbol.asyncIterator]();
      assert.equal(String((await values.next()).value).length, 200);
      await publisher.publish('e', 'last');
      assert.equal((await values.next()).value, 'last');
      assert.deepEqual(missed, [2]);
    },
  },
  {
    name: 'a subscription with a handler cannot be iterated',
    run: async (open) => {
      const client = (await open()).connect();
      const subscription = await client.subscribe('e', () => undefined);
      assert.throws(() => subscription[Symbol.asyncIterator](), code('INVALID_ARGUMENT'));
      const notAFunction = 'console.log' as unknown as () => void;
      await assert.rejects(client.subscribe('e', notAFunction), code('INVALID_ARGUMENT'));
    },
  },
  {
    name: 'subscriptions are limited, per client',
    run: async (open) => {
      const stage = await open({ limits: { subscriptionsPerClient: 2 } });
      const client = stage.connect();
      const first = await client.subscribe('a');
      await client.subscribe('b');
      await assert.rejects(client.subscribe('c'), code('LIMIT'));
      await first.unsubscribe();
      await client.subscribe('c');
      await stage.connect().subscribe('a');
      assert.equal((await stage.stats()).subscriptions, 3);
    },
  },
];
