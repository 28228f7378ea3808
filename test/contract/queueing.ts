/** Before there is a link, and beyond a deadline: queues, limits, signals, timeouts. */
import assert from 'node:assert/strict';
import type { CachingClient } from '#lib/state/client/caching-client.js';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import type { Case } from './stage.js';

export const queueing: readonly Case[] = [
  {
    name: 'what is called before the server starts is carried out then, in order',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const [publisher, subscriber] = [stage.connect(), stage.connect()];
      const received: unknown[] = [];
      const subscribed = subscriber.subscribe('e', (value) => received.push(value));
      // Only once the subscription is in force, so that what is counted is certain.
      const published = subscribed.then(() => Promise.all([1, 2, 3].map((n) => publisher.publish('e', n))));
      const early = [
        publisher.publish('early', 1),
        publisher.subscribe('early'),
        publisher.publish('early', 2),
      ];
      await stage.start();
      assert.deepEqual(await published, [{ listeners: 1 }, { listeners: 1 }, { listeners: 1 }]);
      await Promise.all(early);
      await until(() => received.length === 3, 'all values');
      assert.deepEqual(received, [1, 2, 3]);
      const { accepted, published: count } = await stage.stats();
      assert.deepEqual({ accepted, count }, { accepted: 3, count: 5 });
    },
  },
  {
    name: 'the requests of a client take effect in the order of their calls',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const [one, two] = [stage.connect(), stage.connect()];
      const subscription = two.subscribe('e');
      const steps = subscription.then(async (active) => {
        const before = one.publish('e', 'before');
        const own = one.subscribe('e');
        const after = one.publish('e', 'after');
        const counts = await Promise.all([before, own, after]);
        await active.unsubscribe();
        return counts;
      });
      await stage.start();
      const [before, , after] = await steps;
      assert.deepEqual([before.listeners, after.listeners], [1, 1]);
      assert.deepEqual(await two.publish('e', 1), { listeners: 1 });
    },
  },
  {
    name: 'the outbox is bounded: beyond it a publish is certainly not accepted, and nothing before it is lost',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const byCount = stage.connect({ limits: { outboxMessages: 10 } });
      const byLength = stage.connect({ limits: { outboxLength: 100 } });
      const kept = Array.from({ length: 10 }, (_, n) => byCount.publish('e', n));
      await assert.rejects(byCount.publish('e', 10), code('BACKPRESSURE'));
      await assert.rejects(byCount.subscribe('e'), code('BACKPRESSURE'));
      kept.push(byLength.publish('e', 'x'.repeat(90)));
      await assert.rejects(byLength.publish('e', 'x'.repeat(90)), code('BACKPRESSURE'));
      kept.push(byLength.publish('e', 1));
      await stage.start();
      await Promise.all(kept);
      assert.equal((await stage.stats()).published, 12);
      await byCount.publish('e', 10);
    },
  },
  {
    name: 'a signal gives a request up before it is sent',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const client = stage.connect();
      const reason = new Error('changed my mind');
      const controller = new AbortController();
      const { signal } = controller;
      const outcomes = [client.publish('e', 1, { signal }), client.subscribe('e', { signal })];
      const kept = client.publish('e', 2, { signal: new AbortController().signal });
      controller.abort(reason);
      await Promise.all(outcomes.map((outcome) => assert.rejects(outcome, reason)));
      await assert.rejects(client.publish('e', 3, { signal }), reason);
      assert.equal(client.stats().pending, 1);
      await stage.start();
      await kept;
      const { published, subscriptions } = await stage.stats();
      assert.deepEqual({ published, subscriptions }, { published: 1, subscriptions: 0 });
    },
  },
  {
    name: 'a subscription that was given up after it was sent is undone',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect() as CachingClient;
      await client.ready;
      const controller = new AbortController();
      const blocked = client.request('test::block', { ms: 150 });
      const aborted = client.subscribe('e', () => assert.fail('it was given up'), {
        signal: controller.signal,
      });
      const late = client.subscribe('e', () => assert.fail('it was given up'), { timeout: 20 });
      // When this turn ends the request is sent, and the answer to it not yet read.
      setImmediate(() => controller.abort(new Error('changed my mind')));
      await Promise.all([
        assert.rejects(aborted, /changed my mind/),
        assert.rejects(late, code('TIMEOUT')),
        blocked,
      ]);
      await until(async () => (await stage.stats()).subscriptions === 0, 'both undone');
      assert.deepEqual(await stage.connect().publish('e', 1), { listeners: 0 });
      assert.equal(client.stats().subscriptions, 0);
    },
  },
  {
    name: 'a request without an answer ends in time, and its answer is then ignored',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect() as CachingClient;
      await client.ready;
      const blocked = client.request('test::block', { ms: 150 });
      const published = client.publish('e', 1, { timeout: 20 });
      await Promise.all([assert.rejects(published, code('TIMEOUT')), blocked]);
      await until(() => client.stats().pending === 0, 'the late answer');
      assert.equal((await stage.stats()).published, 1);
      await client.publish('e', 2);
    },
  },
  {
    name: 'where no server answers, ready and requests end in time, and the client connects when there is one',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const client = stage.connect({ timeout: 30 });
      const errors: unknown[] = [];
      client.on('error', (error) => errors.push(error));
      const published = client.publish('e', 1);
      await Promise.all([
        assert.rejects(client.ready, code('NO_PRIMARY')),
        assert.rejects(published, code('NO_PRIMARY')),
      ]);
      await assert.rejects(client.subscribe('e', { timeout: 10 }), code('NO_PRIMARY'));
      assert.equal(errors.length, 1);
      assert.equal(client.stats().state, 'connecting');
      await stage.start();
      await client.publish('e', 2, { timeout: 5_000 });
      assert.equal((await stage.stats()).published, 1);
    },
  },
  {
    name: 'many clients at once are each connected once',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const clients = Array.from({ length: 20 }, () => stage.connect());
      const subscribed = clients.map((client) => client.subscribe('e', () => undefined));
      await stage.start();
      await Promise.all(subscribed);
      assert.deepEqual(await clients[0]?.publish('e', 1), { listeners: 19 });
      const { accepted, subscriptions } = await stage.stats();
      assert.deepEqual({ accepted, subscriptions }, { accepted: 21, subscriptions: 20 });
    },
  },
];
