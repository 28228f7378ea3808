/** The client on a link that stays: what it says to its server, and what it makes of the answers. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import type { PubSubError } from 'clustercast';
import { PubSubClient } from '#lib/client/client.js';
import { code } from '../support/codes.js';
import { connected, FakeClient } from '../support/fake-client.js';
import { FakeConnector } from '../support/fake-connector.js';
import { timers } from '../support/timers.js';
import { endOfTurn } from '../support/turn.js';
import { until } from '../support/until.js';

describe('a new client', () => {
  it('is refused with bad options, before it opens anything', () => {
    const connector = new FakeConnector();
    const before = timers();
    for (const timeout of [0, -1, NaN, Infinity, 2 ** 31, '5' as unknown as number]) {
      assert.throws(() => new PubSubClient(connector, { timeout }), code('INVALID_ARGUMENT'));
    }
    assert.throws(
      () => new PubSubClient(connector, { limits: { bufferLength: 0 } }),
      code('INVALID_ARGUMENT'),
    );
    assert.deepEqual([connector.channels, timers()], [[], before]);
  });

  it('is ready when its link opens, and knows then who it is', async () => {
    const fake = new FakeClient();
    const { client } = fake;
    assert.deepEqual([client.stats().state, client.clientId], ['connecting', undefined]);
    fake.channel.open({ clientId: 'somebody' });
    await client.ready;
    assert.deepEqual([client.stats().state, client.clientId, fake.kinds], ['open', 'somebody', ['connect']]);
    await fake.end();
  });

  it('says so where nobody answers in time, and connects all the same', async () => {
    const fake = new FakeClient({ timeout: 1 });
    await assert.rejects(fake.client.ready, code('NO_PRIMARY'));
    fake.channel.open();
    assert.deepEqual(fake.kinds, ['error', 'connect']);
    assert.equal(fake.client.stats().state, 'open');
    await fake.end();
  });

  it('hands ref() and unref() on, and returns itself', async () => {
    const fake = new FakeClient();
    assert.equal(fake.client.unref().ref(), fake.client);
    assert.deepEqual(fake.connector.holds, ['unref', 'ref']);
    await fake.end();
  });
});

describe('what a client says', () => {
  it('is the value as it was when it was published', async () => {
    const fake = connected();
    const value = { n: 1 };
    const published = fake.client.publish('e', value);
    value.n = 2;
    const request = await fake.channel.askedOne();
    assert.deepEqual(request.params, { event_name: 'e', value: { n: 1 } });
    fake.channel.accept([request]);
    assert.deepEqual(await published, { listeners: 0 });
    assert.equal(fake.client.stats().published, 1);
    await fake.end();
  });

  it('is not said where a handler is none, or where the options are none', async () => {
    const fake = connected();
    for (const wrong of ['handler', 7, true] as unknown as (() => void)[]) {
      await assert.rejects(fake.client.subscribe('e', wrong), code('INVALID_ARGUMENT'));
    }
    await assert.rejects(fake.client.subscribe('e', { timeout: 0 }), code('INVALID_ARGUMENT'));
    await assert.rejects(fake.client.publish('e', 1, { timeout: NaN }), code('INVALID_ARGUMENT'));
    assert.deepEqual([await fake.channel.asked(), fake.client.stats().pending], [[], 0]);
    await fake.end();
  });

  it('may be any request of a wing, with the whole answer', async () => {
    const fake = connected();
    const asked = fake.client.request('wing::get', { key: 'k' });
    const { request_id: id, method, params } = await fake.channel.askedOne();
    assert.deepEqual([method, params], ['wing::get', { key: 'k' }]);
    fake.channel.say({ kind: 'response', id, ok: true, result: { value: 1 } });
    assert.deepEqual(await asked, { value: 1 });
    await fake.end();
  });

  it('undoes a subscription that was given up and granted all the same', async () => {
    const fake = connected();
    const controller = new AbortController();
    const { signal } = controller;
    const subscribed = fake.client.subscribe('e', () => assert.fail('it was given up'), { signal });
    const request = await fake.channel.askedOne();
    controller.abort(new Error('changed my mind'));
    await assert.rejects(subscribed, /changed my mind/);
    fake.channel.accept([request], 's');
    fake.channel.publish('e', 1);
    const undo = await fake.channel.askedOne();
    assert.deepEqual(
      [undo.method, undo.params],
      ['unsubscribe', { subscription_id: `s${request.request_id}` }],
    );
    fake.channel.accept([undo]);
    assert.deepEqual([fake.client.stats().pending, fake.kinds], [0, ['connect']]);
    await fake.end();
  });

  it('ends a subscription also where the outbox is full', async () => {
    const fake = connected({ limits: { outboxMessages: 1 } });
    const subscription = await fake.subscribe('e');
    const published = fake.client.publish('e', 1);
    const unsubscribed = subscription.unsubscribe();
    const asked = await fake.channel.asked();
    fake.channel.accept(asked);
    await Promise.all([published, unsubscribed]);
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['publish', 'unsubscribe'],
    );
    await fake.end();
  });

  it('leaves nothing on the signals that it was given', async () => {
    const fake = connected();
    const { signal } = new AbortController();
    const requests = [fake.client.publish('e', 1, { signal }), fake.client.subscribe('e', { signal })];
    const [refused] = [fake.client.publish('e', 2, { signal })];
    assert.equal(getEventListeners(signal, 'abort').length, 3);
    const asked = await fake.channel.asked();
    fake.channel.accept(asked.slice(0, 2));
    fake.channel.refuse(asked[2] as (typeof asked)[number], 'ERR_PUBSUB_FORBIDDEN');
    await Promise.all([...requests, assert.rejects(refused, code('FORBIDDEN'))]);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    await fake.end();
  });
});

describe('what a client receives', () => {
  it('reaches a handler also where it comes in the same breath as the answer', async () => {
    const fake = connected();
    const values: unknown[] = [];
    const subscribed = fake.client.subscribe('e', (value) => values.push(value));
    const { request_id: id } = await fake.channel.askedOne();
    fake.channel.say(
      { kind: 'response', id, ok: true, result: { subscription_id: '1' } },
      { kind: 'events', columns: { names: ['e'], values: '[1,2]', lengths: [1, 1] } },
    );
    assert.deepEqual(values, [1, 2]);
    assert.equal((await subscribed).id, '1');
    await fake.end();
  });

  it('is counted, whether or not somebody takes it', async () => {
    const fake = connected();
    await fake.subscribe('e', () => undefined);
    await fake.subscribe('e', () => undefined);
    fake.channel.publish('e', 1, 2);
    fake.channel.publish('nobody', 3);
    assert.deepEqual(fake.client.stats(), {
      ...{
        state: 'open',
        pending: 0,
        subscriptions: 2,
        published: 0,
        received: 3,
        missed: 0,
        isStale: false,
      },
    });
    await fake.end();
  });

  it('raises an error where it is nonsense, and nothing else changes', async () => {
    const fake = connected();
    const values: unknown[] = [];
    await fake.subscribe('e', (value) => values.push(value));
    fake.channel.say({ kind: 'malformed', id: '', problem: 'nonsense' });
    fake.channel.say({ kind: 'events', columns: { names: ['e'], values: '[}]', lengths: [1] } });
    fake.channel.publish('e', 1);
    assert.deepEqual(
      fake.of('error').map((error) => (error as PubSubError).code),
      ['ERR_PUBSUB_PROTOCOL', 'ERR_PUBSUB_PROTOCOL'],
    );
    assert.ok((fake.of('error')[1] as PubSubError).cause instanceof SyntaxError);
    assert.deepEqual([values, fake.client.stats().state, fake.channel.isClosed], [[1], 'open', false]);
    await fake.end();
  });

  it('raises an error for the one value that is no JSON, and the others beside it are received', async () => {
    const fake = connected();
    const values: unknown[] = [];
    await fake.subscribe('e', (value) => values.push(value));
    fake.channel.say({ kind: 'events', columns: { names: ['e'], values: '[1,},3]', lengths: [1, 1, 1] } });
    assert.deepEqual(values, [1, 3]);
    assert.deepEqual([fake.of('error').length, fake.client.stats().received], [1, 3]);
    await fake.end();
  });

  it('kills nothing where nobody hears the error', async () => {
    const connector = new FakeConnector();
    const client = new PubSubClient(connector);
    connector.channel.open();
    connector.channel.say({ kind: 'malformed', id: '', problem: 'nonsense' });
    assert.equal(client.stats().state, 'open');
    await client.close();
  });

  it('fails the publish whose answer does not count its listeners', async () => {
    const fake = connected();
    const results = [{}, { listeners: 'many' }, { listeners: -1 }, { listeners: null }];
    const published = results.map(() => fake.client.publish('e', 1));
    for (const [position, { request_id: id }] of (await fake.channel.asked()).entries()) {
      fake.channel.say({ kind: 'response', id, ok: true, result: results[position] as object as { n: 1 } });
    }
    await Promise.all(published.map((request) => assert.rejects(request, code('PROTOCOL'))));
    await fake.end();
  });

  it('fails the subscribe whose answer does not name the subscription', async () => {
    const fake = connected();
    const subscribed = [1, 2].map(() => fake.client.subscribe('e'));
    const [one, two] = (await fake.channel.asked()).map(({ request_id }) => request_id);
    fake.channel.say({ kind: 'response', id: one ?? '', ok: true, result: {} });
    fake.channel.say({ kind: 'response', id: two ?? '', ok: true, result: { subscription_id: null } });
    await Promise.all(subscribed.map((request) => assert.rejects(request, code('PROTOCOL'))));
    assert.equal(fake.client.stats().subscriptions, 0);
    await fake.end();
  });
});

describe('what a client raises', () => {
  it('goes on where a listener throws, which is an error of its own', async () => {
    const fake = new FakeClient();
    const thrown = new Error('listener');
    let isHeard = false;
    fake.client.once('connect', () => {
      throw thrown;
    });
    fake.client.once('connect', () => (isHeard = true));
    fake.client.on('error', () => {
      throw new Error('a listener of error');
    });
    fake.channel.open();
    assert.deepEqual([isHeard, fake.of('error')], [true, [thrown]]);
    await fake.client.ready;
    await fake.end();
  });

  it('is raised to those who still listen', async () => {
    const fake = new FakeClient();
    let calls = 0;
    const listener = (): void => void (calls += 1);
    assert.equal(fake.client.on('connect', listener).off('connect', listener), fake.client);
    fake.channel.open();
    assert.equal(calls, 0);
    await fake.end();
  });
});

describe('closing a client', () => {
  it('answers what was asked, ends its subscriptions, raises close once, and leaves nothing', async () => {
    const before = timers();
    const fake = connected();
    const subscription = await fake.subscribe('e');
    fake.channel.publish('e', 'kept');
    const published = fake.client.publish('e', 1);
    const closed = Promise.all([fake.client.close(), fake.client.close(), fake.client.closed]);
    assert.equal(fake.client.stats().state, 'closing');
    await assert.rejects(fake.client.publish('e', 2), code('CLOSED'));
    fake.channel.accept(await fake.channel.asked());
    await closed;
    await published;
    await fake.client.close();
    assert.deepEqual(fake.kinds, ['connect', 'close']);
    assert.deepEqual(await subscription[Symbol.asyncIterator]().next(), { done: true, value: undefined });
    const { state, pending, subscriptions } = fake.client.stats();
    assert.deepEqual([state, pending, subscriptions, timers()], ['closed', 0, 0, before]);
    assert.equal(fake.channel.isClosed, true);
  });

  it('before it was ready says so', async () => {
    const fake = new FakeClient();
    await fake.client.close();
    await assert.rejects(fake.client.ready, code('CLOSED'));
    assert.deepEqual([fake.kinds, fake.client.stats().state], [['close'], 'closed']);
  });

  it('does not keep a subscription from ending', async () => {
    const fake = connected();
    const [one, two] = [await fake.subscribe('e'), await fake.subscribe('f')];
    fake.channel.publish('f', 1);
    const published = fake.client.publish('e', 1);
    const closed = fake.client.close();
    await one.unsubscribe();
    for await (const _ of two) break;
    fake.channel.accept(await fake.channel.asked());
    await Promise.all([published, closed]);
    assert.deepEqual(fake.of('error'), []);
  });

  it('is no error for a subscription that was given up before', async () => {
    const fake = connected();
    const controller = new AbortController();
    const subscribed = fake.client.subscribe('e', { signal: controller.signal });
    const asked = await fake.channel.asked();
    controller.abort();
    await Promise.allSettled([subscribed]);
    const closed = fake.client.close();
    fake.channel.accept(asked);
    fake.channel.accept(await fake.channel.asked());
    await closed;
    assert.deepEqual(fake.kinds, ['connect', 'close']);
  });

  it('by the server, for good, rejects what waits with the reason, and ends iterations with it', async () => {
    const before = timers();
    for (const name of ['CLOSED', 'UNAUTHORIZED'] as const) {
      const fake = connected();
      const subscription = await fake.subscribe('e');
      fake.channel.publish('e', 1, 2);
      const sent = fake.client.publish('e', 1);
      await endOfTurn();
      fake.channel.lose();
      const queued = fake.client.publish('e', 2);
      const error = Object.assign(new Error(name), { code: `ERR_PUBSUB_${name}` }) as PubSubError;
      fake.channel.lose({ isFinal: true, error });
      await assert.rejects(sent, code('OUTCOME_UNKNOWN'));
      await assert.rejects(queued, error);
      await fake.client.closed;
      const values: unknown[] = [];
      await assert.rejects(async () => {
        for await (const value of subscription) values.push(value);
      }, error);
      assert.deepEqual(
        [values, fake.kinds],
        [
          [1, 2],
          ['connect', 'disconnect', 'close'],
        ],
      );
      await assert.rejects(fake.client.publish('e', 3), { code: 'ERR_PUBSUB_CLOSED', cause: error });
      await subscription.unsubscribe();
      await fake.client.close();
      assert.deepEqual([fake.client.stats().pending, timers()], [0, before]);
    }
  });

  it('by the server, before it was ever open, rejects ready with the reason', async () => {
    const fake = new FakeClient();
    const error = Object.assign(new Error('unknown'), { code: 'ERR_PUBSUB_UNAUTHORIZED' }) as PubSubError;
    fake.channel.lose({ isFinal: true, error });
    await assert.rejects(fake.client.ready, error);
    await until(() => fake.kinds.length > 0, 'the end');
    assert.deepEqual(fake.kinds, ['close']);
  });
});
