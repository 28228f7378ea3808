/** The client: what it is made of, and what becomes of its requests when its medium loses it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PubSubError } from 'clustercast';
import { JsonRpcClient, type TextDialer } from 'clustercast/json-rpc';
import { code } from '../support/codes.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeDialer } from '../support/text-channel.js';
import { endOfTurn } from '../support/turn.js';

const answer = (id: string, result: object): object => ({
  jsonrpc: '2.0',
  method: id,
  params: { status: true, request_id: id, result },
});
const event = (value: unknown): object => ({
  jsonrpc: '2.0',
  method: 'event',
  params: { event_name: 'e', value },
});

describe('what a JsonRpcClient is made of', () => {
  it('is an id that could be one, or null', async () => {
    for (const id of ['', 'x'.repeat(257), undefined, 7, {}] as string[])
      assert.throws(() => new JsonRpcClient(id, new FakeDialer()), code('INVALID_ARGUMENT'), id);
    assert.throws(
      () => new JsonRpcClient('123', new FakeDialer(), { limits: { idLength: 2 } }),
      code('INVALID_ARGUMENT'),
    );
    for (const id of [null, 'x'.repeat(256)]) await new JsonRpcClient(id, new FakeDialer()).close();
  });

  it('is a dialer, and options that the client of each transport has', () => {
    for (const dialer of [undefined, null, {}, { open: 7 }] as unknown as TextDialer[])
      assert.throws(() => new JsonRpcClient(null, dialer), code('INVALID_ARGUMENT'));
    const dialer = new FakeDialer();
    for (const options of [
      { timeout: 0 },
      { timeout: NaN },
      { limits: { nope: 1 } },
      { limits: { jsonDepth: 0 } },
    ])
      assert.throws(() => new JsonRpcClient(null, dialer, options), code('INVALID_ARGUMENT'));
    assert.equal(dialer.links.length, 0);
  });

  it('does not show its id in its errors', () => {
    const id = 'secret'.repeat(100);
    assert.throws(
      () => new JsonRpcClient(id, new FakeDialer()),
      (error: Error) => !error.message.includes('secret'),
    );
  });
});

describe('a JsonRpcClient', () => {
  it('speaks the documented notifications, and knows who it is and what it hears', async () => {
    const dialer = new FakeDialer();
    const client = new JsonRpcClient<{ e: unknown }>('secret', dialer);
    const heard: unknown[] = [];
    const subscribed = client.subscribe('e', (value) => heard.push(value));
    dialer.link.open();
    assert.equal(dialer.link.frame().params?.['client_id'], 'secret');
    dialer.link.greet({ client_id: 'secret', epoch: 'first' });
    await client.ready;
    await endOfTurn();
    assert.deepEqual(dialer.link.frame(), {
      jsonrpc: '2.0',
      method: 'subscribe',
      params: { request_id: '1', event_name: 'e' },
    });
    // An event in the same read as the answer is not lost.
    dialer.link.say(answer('1', { subscription_id: 's' }), event([1]), event([2]));
    assert.deepEqual([(await subscribed).id, client.clientId, heard], ['s', 'secret', [[1], [2]]]);
    const closed = client.close();
    await closed;
    assert.equal(dialer.link.calls.at(-1), 'close');
  });

  it('subscribes with a server as Dart has it: no handshake, a flat answer, and no request_id in it', async () => {
    const dialer = new FakeDialer();
    const client = new JsonRpcClient('secret', dialer);
    dialer.link.refuse(-32601, 'Unknown method "hello".');
    const subscribed = client.subscribe('e');
    await endOfTurn();
    assert.deepEqual(dialer.link.frame().params, { request_id: '1', client_id: 'secret', event_name: 'e' });
    dialer.link.say({
      jsonrpc: '2.0',
      method: '1',
      params: { status: true, subscription_id: 's', client_id: 'secret' },
    });
    const subscription = await subscribed;
    assert.equal(subscription.id, 's');
    dialer.link.say(event({ a: 1 }));
    const { value } = await subscription[Symbol.asyncIterator]().next();
    assert.deepEqual(value, { a: 1 });
    await client.close();
  });

  it('hears events of such a server with fields of its own, and those beside them', async () => {
    const dialer = new FakeDialer();
    const client = new JsonRpcClient('secret', dialer);
    const heard: unknown[] = [];
    client.on('error', (error) => heard.push(error));
    dialer.link.refuse(-32601, 'Unknown method "hello".');
    const subscribed = client.subscribe('e', (value) => heard.push(value));
    await endOfTurn();
    dialer.link.say(answer('1', { subscription_id: 's' }));
    await subscribed;
    const params = { event_name: 'e', value: 2, meta: { at: 1 } };
    dialer.link.say(event(1), { jsonrpc: '2.0', method: 'event', params }, event(3));
    assert.deepEqual(heard, [1, 2, 3]);
    await client.close();
  });

  it('does not know what became of what was under way when the link was lost, and sends the rest', async (t) => {
    const clock = FakeClock.of(t);
    t.mock.method(Math, 'random', () => 1);
    const dialer = new FakeDialer();
    const client = new JsonRpcClient(null, dialer);
    const raised: unknown[] = [];
    for (const type of ['connect', 'disconnect', 'gap'] as const) client.on(type, () => raised.push(type));
    dialer.link.greet();
    const subscribed = client.subscribe('e', () => undefined);
    await endOfTurn();
    dialer.link.say(answer('1', { subscription_id: 's' }));
    await subscribed;
    const underWay = client.publish('e', 1);
    await endOfTurn();
    assert.equal(dialer.link.frames().length, 2);
    // Said in this turn, and so not sent yet.
    const unsent = client.publish('e', 2);
    dialer.link.lose(new Error('reset'));
    const later = client.publish('e', 3);
    await assert.rejects(underWay, code('OUTCOME_UNKNOWN'));
    assert.deepEqual(raised, ['connect', 'disconnect']);
    clock.pass(100);
    const { link } = dialer;
    assert.equal(dialer.links.length, 2);
    link.greet({ client_id: 'me', epoch: 'second' });
    await endOfTurn();
    const asked = link.frames().map((frame) => {
      const { method, params } = frame as { method: string; params: { request_id: string; value?: number } };
      return { id: params.request_id, what: [method, params.value] };
    });
    assert.deepEqual(
      new Set(asked.map(({ what }) => what.join(' '))),
      new Set(['publish 2', 'publish 3', 'subscribe ']),
    );
    for (const { id, what } of asked)
      link.say(answer(id, what[0] === 'publish' ? { listeners: 0 } : { subscription_id: 't' }));
    assert.deepEqual(await Promise.all([unsent, later]), [{ listeners: 0 }, { listeners: 0 }]);
    await endOfTurn();
    assert.deepEqual(raised, ['connect', 'disconnect', 'connect', 'gap']);
    await client.close();
    assert.equal(clock.size, 0);
  });

  it('without an id says none', async () => {
    const dialer = new FakeDialer();
    const client = new JsonRpcClient(null, dialer);
    dialer.link.open();
    assert.equal(Object.hasOwn(dialer.link.frame().params ?? {}, 'client_id'), false);
    await client.close();
  });

  it('that is refused ends for good, and what it was asked with it', async () => {
    const dialer = new FakeDialer();
    const client = new JsonRpcClient('wrong', dialer);
    const asked = client.publish('e', 1);
    dialer.link.refuse(-32001, 'unknown', { code: 'ERR_PUBSUB_UNAUTHORIZED' });
    for (const promise of [asked, client.ready]) await assert.rejects(promise, code('UNAUTHORIZED'));
    await client.closed;
    assert.deepEqual([dialer.links.length, client.stats().state], [1, 'closed']);
  });

  it('raises as an error what its server could not read, and goes on', async () => {
    const dialer = new FakeDialer();
    const client = new JsonRpcClient(null, dialer);
    const errors: PubSubError[] = [];
    client.on('error', (error) => errors.push(error as PubSubError));
    dialer.link.greet();
    const error = { code: -32003, message: 'too deep', data: { code: 'ERR_PUBSUB_LIMIT' } };
    dialer.link.say({ jsonrpc: '2.0', id: null, error }, 'nonsense');
    assert.deepEqual(
      errors.map((each) => each.code),
      ['ERR_PUBSUB_LIMIT', 'ERR_PUBSUB_PROTOCOL'],
    );
    assert.equal(client.stats().state, 'open');
    await client.close();
  });
});
