/** How a client keeps its caches attached: on each link, again where that failed, and not longer than they are wanted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryAdapter, type Cache, type Limits } from 'clustercast';
import type { DocumentedRequest } from '#lib/protocol/documented.js';
import { Server as CoreServer } from '#lib/server/server.js';
import { CachingClient } from '#lib/state/client/caching-client.js';
import { code } from '../../support/codes.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnector, type FakeChannel } from '../../support/fake-connector.js';
import { endOfTurn, withinTurn } from '../../support/turn.js';

const event = '$clustercast/cache/c';
const loadKey = (key: string): string => key;

class Stage {
  readonly connector = new FakeConnector();
  readonly client: CachingClient;
  readonly errors: unknown[] = [];
  /** What the cache raised. */
  readonly raised: string[] = [];

  constructor(limits: Partial<Limits> = {}) {
    this.client = new CachingClient(this.connector, { timeout: 5_000, limits });
    this.client.on('error', (error) => this.errors.push(error));
    this.channel.open();
  }

  get channel(): FakeChannel {
    return this.connector.channel;
  }

  cache(): Cache<string> {
    const cache = this.client.cache('c', { load: loadKey });
    for (const type of ['stale', 'fresh', 'close'] as const) cache.on(type, () => this.raised.push(type));
    return cache;
  }

  /** A cache that is attached as `s1`, and holds `a`. */
  async attached(): Promise<Cache<string>> {
    const cache = this.cache();
    await this.answer('cache.attach', { subscription_id: 's1', number: 0 });
    await cache.get('a');
    assert.deepEqual([cache.isStale, cache.size, this.raised.splice(0)], [false, 1, ['fresh']]);
    return cache;
  }

  /** The one request that has come since the last look. */
  async askedOne(): Promise<DocumentedRequest> {
    // What a cache collects during a turn is asked in the next one.
    await endOfTurn();
    return this.channel.askedOne();
  }

  /** Answers the one request that has come since the last look, which must be for `method`. */
  async answer(method: string, result: object): Promise<DocumentedRequest> {
    const request = await this.askedOne();
    assert.equal(request.method, method);
    this.say(request, result);
    return request;
  }

  say({ request_id: id }: DocumentedRequest, result: object): void {
    this.channel.say({ kind: 'response', id, ok: true, result: { ...result } });
  }

  /** The methods of what it has asked since the last look. */
  async methods(): Promise<string[]> {
    await endOfTurn();
    return (await this.channel.asked()).map(({ method }) => method);
  }

  async end(): Promise<void> {
    this.channel.lose({ isFinal: true });
    await this.client.closed;
  }
}

describe('a client with a cache', () => {
  it('attaches it, drops what it is told to, and says so', async () => {
    const stage = new Stage();
    const cache = stage.cache();
    const { params } = await stage.answer('cache.attach', { subscription_id: 's1', number: 7 });
    assert.deepEqual(params, { cache: 'c' });
    await cache.ready;
    await cache.get('a');
    await cache.get('b');
    stage.channel.publish(event, { number: 8, keys: ['a'], tags: [] });
    stage.channel.publish('$clustercast/cache/other', { number: 9, all: true });
    assert.deepEqual([cache.peek('a'), cache.peek('b')], [undefined, 'b']);
    const dropped = await stage.answer('cache.dropped', {});
    assert.deepEqual(dropped.params, { subscription_id: 's1', up_to: 8 });
    await stage.end();
  });

  it('attaches none that is only used to invalidate', async () => {
    const stage = new Stage();
    const cache = stage.client.cache('c');
    const invalidated = cache.invalidate('a');
    await stage.answer('cache.invalidate', {});
    await invalidated;
    const wrapped = cache.wrap('a', () => 1);
    await stage.answer('cache.attach', { subscription_id: 's1', number: 0 });
    assert.equal(await wrapped, 1);
    await stage.end();
  });

  it('drops all by a gap that is told of this cache, and of no other', async () => {
    const stage = new Stage();
    const cache = await stage.attached();
    stage.channel.say({ kind: 'missed', names: ['e', '$clustercast/cache/d'], counts: [1, 1] });
    assert.equal(cache.size, 1);
    stage.channel.say({ kind: 'missed', names: [event], counts: [1] });
    assert.deepEqual([cache.size, cache.isStale], [0, false]);
    await cache.get('a');
    assert.equal(cache.size, 1);
    await stage.end();
  });

  it('holds nothing while the server gives no sign of life', async () => {
    const stage = new Stage();
    const cache = await stage.attached();
    stage.channel.stale(true);
    await cache.get('a');
    assert.deepEqual([cache.size, cache.isStale], [0, true]);
    stage.channel.stale(false);
    assert.deepEqual([cache.size, cache.isStale, stage.raised], [0, false, ['stale', 'fresh']]);
    await cache.get('a');
    assert.equal(cache.size, 1);
    await stage.end();
  });

  it('holds nothing without a link, and attaches on the next one, also of another server', async () => {
    const stage = new Stage();
    const cache = await stage.attached();
    for (const [round, epoch] of ['first', 'second'].entries()) {
      stage.channel.lose();
      await cache.get('a');
      assert.deepEqual([cache.size, cache.isStale, stage.raised.splice(0)], [0, true, ['stale']]);
      stage.channel.open({ epoch });
      await cache.get('a');
      assert.equal(cache.size, 0);
      await stage.answer('cache.attach', { subscription_id: `again ${round}`, number: 0 });
      assert.deepEqual([cache.size, cache.isStale, stage.raised.splice(0)], [0, false, ['fresh']]);
      await cache.get('a');
      assert.equal(cache.size, 1);
      stage.channel.publish(event, { number: 1, all: true });
      assert.equal(cache.size, 0);
      const { params } = await stage.answer('cache.dropped', {});
      assert.deepEqual(params, { subscription_id: `again ${round}`, up_to: 1 });
    }
    assert.deepEqual(stage.errors, []);
    await stage.end();
  });

  it('has one of each name, with the options of the first', async () => {
    const stage = new Stage();
    const cache = stage.cache();
    assert.equal(stage.client.cache('c'), cache);
    assert.equal(stage.client.cache('c', { load: loadKey, max: 10_000, loadTimeout: 5_000 }), cache);
    for (const options of [{}, { load: loadKey, ttl: 5 }, { load: loadKey, loadTimeout: 5 }])
      assert.throws(() => stage.client.cache('c', options), code('INVALID_ARGUMENT'));
    for (const name of ['', '\ud800', 'x'.repeat(257), 7, undefined])
      assert.throws(() => stage.client.cache(name as string), code('INVALID_ARGUMENT'));
    assert.throws(() => stage.client.cache('d', { max: 0 }), code('INVALID_ARGUMENT'));
    assert.deepEqual(await stage.methods(), ['cache.attach']);
    await stage.end();
    assert.deepEqual(stage.raised, ['close']);
    assert.throws(() => stage.client.cache('c'), code('CLOSED'));
  });

  it('sends what was invalidated in the turn in which it is closed', async () => {
    const stage = new Stage();
    const invalidated = stage.client.cache('c').invalidate('a');
    const closed = stage.client.close();
    await stage.answer('cache.invalidate', {});
    await Promise.all([invalidated, closed]);
  });
});

describe('a cache that could not be attached', () => {
  for (const refusal of ['ERR_PUBSUB_LIMIT', 'ERR_PUBSUB_BACKPRESSURE'] as const) {
    it(`is tried again after ${refusal}, and holds nothing until then`, async (t) => {
      const clock = FakeClock.of(t);
      const stage = new Stage();
      const cache = stage.cache();
      stage.channel.refuse(await stage.askedOne(), refusal);
      await cache.get('a');
      assert.deepEqual([cache.size, cache.isStale, stage.errors.length], [0, true, 1]);
      await endOfTurn();
      assert.equal(clock.holding, 0);
      clock.pass(1_000);
      await stage.answer('cache.attach', { subscription_id: 's1', number: 0 });
      await cache.ready;
      await cache.get('a');
      assert.equal(cache.size, 1);
      await stage.end();
      assert.equal(clock.size, 0);
    });
  }

  it('is tried again where no answer came, and the late one leaves nothing on the server', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    const cache = stage.cache();
    const late = await stage.askedOne();
    clock.pass(5_000);
    assert.ok(stage.errors.length === 1 && code('TIMEOUT')(stage.errors[0]));
    clock.pass(1_000);
    await stage.answer('cache.attach', { subscription_id: 's2', number: 0 });
    assert.equal(cache.isStale, false);
    stage.say(late, { subscription_id: 's1', number: 0 });
    const { params } = await stage.answer('unsubscribe', {});
    assert.deepEqual([params, cache.isStale], [{ subscription_id: 's1' }, false]);
    await stage.end();
  });

  it('is tried again where there was no room to ask', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage({ outboxMessages: 1 });
    const published = stage.client.publish('e', 1);
    const cache = stage.cache();
    await endOfTurn();
    assert.ok(stage.errors.length === 1 && code('BACKPRESSURE')(stage.errors[0]));
    stage.channel.accept(await stage.channel.asked());
    await published;
    clock.pass(1_000);
    await stage.answer('cache.attach', { subscription_id: 's1', number: 0 });
    assert.equal(cache.isStale, false);
    await stage.end();
  });

  it('is not tried again where it was refused for good', async (t) => {
    const clock = FakeClock.of(t);
    for (const refusal of ['ERR_PUBSUB_FORBIDDEN', 'ERR_PUBSUB_UNSUPPORTED'] as const) {
      const stage = new Stage();
      const cache = stage.cache();
      stage.channel.refuse(await stage.askedOne(), refusal);
      await assert.rejects(withinTurn(cache.ready), (error) => error === stage.errors[0]);
      await cache.get('a');
      clock.pass(10_000);
      assert.deepEqual([await stage.methods(), cache.size, stage.errors.length], [[], 0, 1]);
      await stage.end();
      assert.equal(clock.size, 0);
    }
  });

  it('since the answer names no subscription is a breach of the protocol', async () => {
    const stage = new Stage();
    const cache = stage.cache();
    const refused = assert.rejects(cache.ready, code('PROTOCOL'));
    await stage.answer('cache.attach', { subscription_id: 7 });
    await refused;
    assert.deepEqual([cache.isStale, stage.errors.length], [true, 1]);
    await stage.end();
  });

  it('on the next link is tried again where that may pass, and raises one error each time', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    const cache = await stage.attached();
    stage.channel.lose();
    stage.channel.open();
    stage.channel.refuse(await stage.askedOne(), 'ERR_PUBSUB_LIMIT');
    await endOfTurn();
    assert.deepEqual([cache.isStale, stage.errors.length], [true, 1]);
    clock.pass(1_000);
    stage.channel.refuse(await stage.askedOne(), 'ERR_PUBSUB_LIMIT');
    await endOfTurn();
    assert.equal(stage.errors.length, 2);
    clock.pass(1_000);
    await stage.answer('cache.attach', { subscription_id: 's3', number: 0 });
    assert.equal(cache.isStale, false);
    stage.channel.lose();
    stage.channel.open();
    stage.channel.refuse(await stage.askedOne(), 'ERR_PUBSUB_FORBIDDEN');
    await endOfTurn();
    clock.pass(10_000);
    assert.deepEqual([await stage.methods(), cache.isStale, stage.errors.length], [[], true, 3]);
    await cache.get('a');
    assert.equal(cache.size, 0);
    await stage.end();
  });

  it('on the next link, whose answer names no subscription, raises an error', async () => {
    const stage = new Stage();
    const cache = await stage.attached();
    stage.channel.lose();
    stage.channel.open();
    await stage.answer('cache.attach', {});
    assert.ok(stage.errors.length === 1 && code('PROTOCOL')(stage.errors[0]));
    assert.deepEqual([cache.isStale, cache.size], [true, 0]);
    await stage.end();
  });

  it('by a server that has no caches loads each time', async () => {
    const memory = new MemoryAdapter();
    const server = new CoreServer([memory]);
    await server.start();
    const client = memory.connect();
    const cache = client.cache('c', { load: loadKey });
    await assert.rejects(cache.ready, code('UNSUPPORTED'));
    assert.deepEqual([await cache.get('a'), cache.size], ['a', 0]);
    await assert.rejects(cache.clear(), code('UNSUPPORTED'));
    await client.close();
    await server.close();
  });
});

describe('a cache that is closed', () => {
  it('is attached no more, and there may be another one of its name', async () => {
    const stage = new Stage();
    const cache = await stage.attached();
    const closed = cache.close();
    const { params } = await stage.answer('unsubscribe', {});
    assert.deepEqual(params, { subscription_id: 's1' });
    await closed;
    await cache.close();
    const next = stage.client.cache('c', { load: loadKey, max: 5 });
    assert.notEqual(next, cache);
    await stage.answer('cache.attach', { subscription_id: 's2', number: 0 });
    assert.deepEqual([next.isStale, cache.isStale], [false, true]);
    await stage.end();
  });

  it('while it is being attached leaves nothing on the server', async () => {
    const stage = new Stage();
    const cache = stage.cache();
    const asked = await stage.askedOne();
    const refused = assert.rejects(cache.ready, code('CLOSED'));
    await cache.close();
    await refused;
    const next = stage.client.cache('c', { load: loadKey });
    const again = await stage.askedOne();
    stage.say(asked, { subscription_id: 's1', number: 0 });
    const { params } = await stage.answer('unsubscribe', {});
    assert.deepEqual([params, cache.isStale], [{ subscription_id: 's1' }, true]);
    stage.say(again, { subscription_id: 's2', number: 0 });
    assert.deepEqual([next.isStale, stage.client.stats().subscriptions, stage.errors], [false, 1, []]);
    await stage.end();
  });

  it('while it is being attached again leaves nothing on the server', async () => {
    const stage = new Stage();
    const cache = await stage.attached();
    stage.channel.lose();
    stage.channel.open();
    const asked = await stage.askedOne();
    await cache.close();
    stage.say(asked, { subscription_id: 's2', number: 0 });
    assert.deepEqual((await stage.answer('unsubscribe', {})).params, { subscription_id: 's2' });
    assert.equal(stage.client.stats().subscriptions, 0);
    await stage.end();
  });

  it('before it is tried again is not, whoever has closed it', async (t) => {
    const clock = FakeClock.of(t);
    for (const isCacheClosed of [true, false]) {
      const stage = new Stage();
      const cache = stage.cache();
      stage.channel.refuse(await stage.askedOne(), 'ERR_PUBSUB_LIMIT');
      await endOfTurn();
      if (isCacheClosed) await cache.close();
      else await stage.end();
      assert.equal(clock.size, 0);
      assert.deepEqual(await stage.methods(), []);
      if (isCacheClosed) await stage.end();
    }
  });

  it('while it is refused raises nothing', async () => {
    const stage = new Stage();
    const cache = stage.cache();
    const asked = await stage.askedOne();
    await cache.close();
    stage.channel.refuse(asked, 'ERR_PUBSUB_FORBIDDEN');
    assert.deepEqual(stage.errors, []);
    await stage.end();
  });
});

describe('what a cache has dropped', () => {
  it('is said again where the server did not take it', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    await stage.attached();
    stage.channel.publish(event, { number: 1, keys: ['a'] });
    stage.channel.publish(event, { number: 2, keys: ['b'] });
    const said = await stage.askedOne();
    assert.deepEqual(said.params, { subscription_id: 's1', up_to: 2 });
    stage.channel.refuse(said, 'ERR_PUBSUB_BACKPRESSURE');
    await endOfTurn();
    clock.pass(clock.next);
    assert.deepEqual((await stage.answer('cache.dropped', {})).params, said.params);
    assert.deepEqual(stage.errors, []);
    await stage.end();
    assert.equal(clock.size, 0);
  });

  it('is not said on another link', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    await stage.attached();
    stage.channel.publish(event, { number: 1, keys: ['a'] });
    stage.channel.refuse(await stage.askedOne(), 'ERR_PUBSUB_BACKPRESSURE');
    await endOfTurn();
    stage.channel.lose();
    clock.pass(10_000);
    stage.channel.open();
    assert.deepEqual(await stage.methods(), ['cache.attach']);
    await stage.end();
  });
});
