/** The methods of caches, by hand: whom an invalidation waits for, what is refused, and what is left behind. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Server, type Limits } from 'clustercast';
import { FakeAdapter, type FakePeer } from '../../support/fake-adapter.js';
import { endOfTurn } from '../../support/turn.js';

const open: Server[] = [];
const event = '$clustercast/cache/c';

async function start(limits: Partial<Limits> = {}): Promise<{ server: Server; adapter: FakeAdapter }> {
  const adapter = new FakeAdapter();
  const server = new Server([adapter], { limits });
  await server.start();
  open.push(server);
  return { server, adapter };
}

/** @returns the id of the subscription, and the number. */
async function attach(peer: FakePeer, cache = 'c'): Promise<{ id: unknown; number: unknown }> {
  const { subscription_id: id, number } = (await peer.ask('cache.attach', { cache })).result ?? {};
  return { id, number };
}

/** Asks for an invalidation, and tells whether it is answered. */
async function invalidate(peer: FakePeer, what: object = { keys: ['k'] }): Promise<() => boolean> {
  const before = peer.responses.length;
  peer.say({
    kind: 'request',
    id: 'i',
    clientId: undefined,
    method: 'cache.invalidate',
    params: { cache: 'c', ...what },
  });
  await endOfTurn();
  return () => peer.responses.slice(before).some(({ request_id: id }) => id === 'i');
}

async function refusal(peer: FakePeer, method: string, params: object): Promise<string | undefined> {
  const { status, code } = await peer.ask(method, params);
  assert.equal(status, false, `${method} ${JSON.stringify(params)}`);
  return code?.replace('ERR_PUBSUB_', '');
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('an invalidation', () => {
  it('is answered when each that was attached has dropped it, and not by one more word of the same', async () => {
    const { server, adapter } = await start();
    const [asks, one, two, late] = [
      adapter.connect(),
      adapter.connect(),
      adapter.connect(),
      adapter.connect(),
    ];
    const [{ id: first }, { id: second }] = [await attach(one), await attach(two)];
    await attach(asks);
    const isAnswered = await invalidate(asks, { keys: ['k'], tags: ['t'] });
    assert.deepEqual(one.events, [[event, { number: 1, keys: ['k'], tags: ['t'] }]]);
    assert.deepEqual((await attach(late)).number, 1);
    for (const _ of [1, 2]) await one.ask('cache.dropped', { subscription_id: first, up_to: 1 });
    assert.equal(isAnswered(), false);
    assert.equal(server.stats().state.invalidations, 1);
    await two.ask('cache.dropped', { subscription_id: second, up_to: 1 });
    assert.equal(isAnswered(), true);
    assert.equal(server.stats().state.invalidations, 0);
    assert.deepEqual(asks.events, [[event, { number: 1, keys: ['k'], tags: ['t'] }]]);
  });

  it('is told to the one that asks before it is answered', async () => {
    const { adapter } = await start();
    const [asks, other] = [adapter.connect(), adapter.connect()];
    await attach(other);
    await attach(asks);
    const isAnswered = await invalidate(asks);
    other.leave();
    await endOfTurn();
    assert.equal(isAnswered(), true);
    const kinds = asks.sent.flat().map(({ kind }) => kind);
    assert.deepEqual(kinds, ['response', 'events', 'response']);
  });

  it('stands for those before it', async () => {
    const { adapter } = await start();
    const [asks, one] = [adapter.connect(), adapter.connect()];
    const { id } = await attach(one);
    const answers = [await invalidate(asks), await invalidate(asks, { all: true })];
    await one.ask('cache.dropped', { subscription_id: id, up_to: 2 });
    assert.deepEqual(
      answers.map((isAnswered) => isAnswered()),
      [true, true],
    );
    assert.equal(asks.responses.length, 2);
  });

  it('does not wait for one that ends, in whatever way', async () => {
    const { server, adapter } = await start();
    const asks = adapter.connect();
    const ways: ((peer: FakePeer, id: unknown) => unknown)[] = [
      (peer) => peer.leave(),
      (peer, id) => peer.ask('unsubscribe', { subscription_id: id }),
      (peer) => {
        peer.sendError = new Error('broken');
        peer.say({ kind: 'request', id: 'x', clientId: undefined, method: 'none', params: {} });
      },
    ];
    for (const way of ways) {
      const peer = adapter.connect();
      const { id } = await attach(peer);
      const isAnswered = await invalidate(asks);
      assert.equal(isAnswered(), false);
      await way(peer, id);
      await endOfTurn();
      await endOfTurn();
      assert.equal(isAnswered(), true, String(way));
    }
    assert.deepEqual([server.stats().state.cacheReplicas, server.stats().state.caches], [0, 0]);
  });

  it('does not wait for one that is told a gap, neither do those that it was told before', async () => {
    const { adapter } = await start();
    const [asks, slow] = [adapter.connect(), adapter.connect()];
    const { id } = await attach(slow);
    const before = await invalidate(asks);
    slow.backlog = 1;
    assert.equal(before(), false);
    const after = await invalidate(asks);
    assert.deepEqual([before(), after()], [true, true]);
    slow.backlog = 0;
    slow.accepted.drained();
    await endOfTurn();
    assert.equal(slow.gaps.length, 1);
    // It goes on from there.
    const next = await invalidate(asks);
    assert.equal(next(), false);
    await slow.ask('cache.dropped', { subscription_id: id, up_to: 3 });
    assert.equal(next(), true);
  });

  it('does not wait for one that takes no gaps, and does not keep up', async () => {
    const { server, adapter } = await start();
    const [asks, slow] = [adapter.connect(), adapter.connect(undefined, false)];
    await attach(slow);
    slow.backlog = 1;
    assert.equal((await invalidate(asks))(), true);
    assert.equal(server.stats().connections, 1);
  });

  it('that nobody hears is answered at once, and makes no cache', async () => {
    const { server, adapter } = await start();
    assert.equal((await invalidate(adapter.connect()))(), true);
    assert.equal(server.stats().state.caches, 0);
  });
});

describe('a cache', () => {
  it('has dropped nothing by the word of another client, or beyond what was told', async () => {
    const { adapter } = await start();
    const [asks, one] = [adapter.connect(), adapter.connect()];
    const { id: subscription_id } = await attach(one);
    const isAnswered = await invalidate(asks);
    assert.equal(await refusal(asks, 'cache.dropped', { subscription_id, up_to: 1 }), 'FORBIDDEN');
    for (const up_to of [undefined, -1, 1.5, '1', 2])
      assert.equal(await refusal(one, 'cache.dropped', { subscription_id, up_to }), 'INVALID_ARGUMENT');
    assert.equal(await refusal(one, 'cache.dropped', { subscription_id: 1, up_to: 1 }), 'INVALID_ARGUMENT');
    assert.equal(isAnswered(), false);
  });

  it('is told nothing that is nonsense, or too long', async () => {
    const { server, adapter } = await start({ keyLength: 4, valueLength: 60 });
    const peer = adapter.connect();
    await attach(peer);
    for (const what of [{ keys: 'k' }, { keys: [1] }, { tags: [null] }, { all: 1 }, { keys: ['\ud800'] }])
      assert.equal(await refusal(peer, 'cache.invalidate', { cache: 'c', ...what }), 'INVALID_ARGUMENT');
    for (const cache of ['', 7, 'x'.repeat(257)])
      for (const method of ['cache.attach', 'cache.invalidate'])
        assert.equal(await refusal(peer, method, { cache }), 'INVALID_ARGUMENT');
    for (const what of [{ keys: ['12345'] }, { keys: Array.from({ length: 10 }, () => '1234') }])
      assert.equal(await refusal(peer, 'cache.invalidate', { cache: 'c', ...what }), 'LIMIT');
    assert.deepEqual(server.stats().turnedAway, { keyLength: 1, valueLength: 1 });
    assert.deepEqual(peer.events, []);
  });

  it('has as many invalidations under way as the limit says, as many caches, and leaves nothing where it is refused', async () => {
    const { server, adapter } = await start({ invalidations: 1, caches: 1, subscriptionsPerClient: 1 });
    const [asks, one] = [adapter.connect(), adapter.connect()];
    assert.equal((await attach(asks, 'other')).number, 0);
    assert.equal(await refusal(one, 'cache.attach', { cache: 'c' }), 'LIMIT');
    await asks.ask('unsubscribe', { subscription_id: '1' });
    const { id } = await attach(one);
    assert.equal(await refusal(one, 'cache.attach', { cache: 'c' }), 'LIMIT');
    await invalidate(asks);
    assert.equal(await refusal(asks, 'cache.invalidate', { cache: 'c', all: true }), 'LIMIT');
    assert.equal(one.events.length, 1);
    await one.ask('cache.dropped', { subscription_id: id, up_to: 1 });
    await invalidate(asks);
    assert.equal(one.events.length, 2);
    assert.deepEqual(server.stats().turnedAway, { caches: 1, subscriptionsPerClient: 1, invalidations: 1 });
  });
});
