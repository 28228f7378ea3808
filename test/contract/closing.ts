/** Every way to end, in every state. */
import assert from 'node:assert/strict';
import { code } from '../support/codes.js';
import { until, within } from '../support/until.js';
import type { Case } from './stage.js';

export const closing: readonly Case[] = [
  {
    name: 'what was published before close() is delivered before it resolves',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const received: unknown[] = [];
      await subscriber.subscribe('e', (value) => received.push(value));
      const published = Array.from({ length: 500 }, (_, n) => publisher.publish('e', n));
      await publisher.close();
      assert.equal((await stage.stats()).published, 500);
      assert.equal(
        (await Promise.all(published)).every(({ listeners }) => listeners === 1),
        true,
      );
      await until(() => received.length === 500, 'all values');
    },
  },
  {
    name: 'close() before the server has started sends what was called before it, and ends',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const [idle, busy] = [stage.connect(), stage.connect()];
      await within(idle.close(), 'the end of an idle client');
      await assert.rejects(idle.ready, code('CLOSED'));
      const published = busy.publish('e', 1);
      const closed = busy.close();
      await assert.rejects(busy.publish('e', 2), code('CLOSED'));
      await stage.start();
      await Promise.all([published, closed]);
      assert.equal((await stage.stats()).published, 1);
    },
  },
  {
    name: 'clients that close before they are welcome leave nothing behind',
    run: async (open) => {
      const stage = await open();
      const clients = Array.from({ length: 20 }, () => stage.connect());
      await Promise.all(clients.map((client) => client.close()));
      await stage.connect().publish('e', 1);
      await until(
        async () => (await stage.stats()).connections === 2,
        'only the last one and the stage are there',
      );
    },
  },
  {
    name: 'after close() everything is refused, subscriptions are over, and closing again is fine',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect();
      const events: string[] = [];
      for (const type of ['connect', 'disconnect', 'close'] as const)
        client.on(type, () => events.push(type));
      const subscription = await client.subscribe('e');
      const iteration = subscription[Symbol.asyncIterator]().next();
      await Promise.all([client.close(), client.close(), client.closed]);
      await client[Symbol.asyncDispose]();
      assert.deepEqual(await iteration, { done: true, value: undefined });
      await subscription.unsubscribe();
      await assert.rejects(client.publish('e', 1), code('CLOSED'));
      await assert.rejects(client.subscribe('e'), code('CLOSED'));
      assert.deepEqual(events, ['connect', 'close']);
      assert.deepEqual(client.stats(), { ...client.stats(), state: 'closed', pending: 0, subscriptions: 0 });
      // The stage's own client stays.
      await until(async () => (await stage.stats()).connections === 1, 'the server to notice');
      assert.equal((await stage.stats()).subscriptions, 0);
    },
  },
  {
    name: 'unsubscribing from a client that closes is done when it has',
    run: async (open) => {
      const client = (await open()).connect();
      const [first, second] = [await client.subscribe('e'), await client.subscribe('e')];
      const published = client.publish('e', 1);
      const closed = client.close();
      await Promise.all([first.unsubscribe(), closed, published]);
      await second.unsubscribe();
    },
  },
  {
    name: 'a client that closes takes only its own subscriptions with it',
    run: async (open) => {
      const stage = await open();
      const [leaving, staying, publisher] = [stage.connect(), stage.connect(), stage.connect()];
      const received: unknown[] = [];
      await leaving.subscribe('e', () => undefined);
      await staying.subscribe('e', (value) => received.push(value));
      await leaving.close();
      await until(async () => (await stage.stats()).subscriptions === 1, 'the server to notice');
      assert.deepEqual(await publisher.publish('e', 1), { listeners: 1 });
      await until(() => received.length === 1, 'the value');
    },
  },
  {
    name: 'a handler may close its own client',
    run: async (open) => {
      const stage = await open();
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const received: unknown[] = [];
      await subscriber.subscribe('e', (value) => {
        received.push(value);
        void subscriber.close();
      });
      await Promise.all([1, 2, 3].map((value) => publisher.publish('e', value)));
      await within(subscriber.closed, 'the end');
      await publisher.publish('e', 4);
      assert.equal(received.includes(4), false);
    },
  },
  {
    name: 'the end of the server is told, and what was on its way to it settles',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect({ timeout: 300 });
      let disconnects = 0;
      client.on('disconnect', () => (disconnects += 1));
      const subscription = await client.subscribe('e');
      const [closed] = [stage.closeServer(), client.publish('e', 1).catch(() => undefined)];
      await closed;
      await until(() => disconnects === 1, 'the disconnect');
      await within(
        client.publish('e', 2).then(
          () => assert.fail('there is no server'),
          () => undefined,
        ),
        'a publish to nobody',
      );
      await within(subscription.unsubscribe(), 'unsubscribe');
      await within(client.close(), 'close');
      assert.equal(disconnects, 1);
    },
  },
  {
    name: 'a closed server accepts nothing and keeps nothing',
    run: async (open) => {
      const stage = await open();
      await Promise.all([stage.connect().subscribe('a'), stage.connect().subscribe('b')]);
      await stage.closeServer();
      const { connections, subscriptions, events } = await stage.stats();
      assert.deepEqual(
        { connections, subscriptions, events },
        { connections: 0, subscriptions: 0, events: 0 },
      );
      await stage.closeServer();
    },
  },
];
