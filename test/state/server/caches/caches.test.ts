/** The methods of caches, by hand: what they answer and when, what they refuse, and what they leave behind. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Server, type ClientInfo, type Limits, type ServerOptions } from 'clustercast';
import { FakeAdapter, type FakePeer } from '../../../support/fake-adapter.js';
import { endOfTurn } from '../../../support/turn.js';

const open: Server[] = [];
const event = '$clustercast/cache/c';

async function start(
  limits: Partial<Limits> = {},
  options: ServerOptions = {},
  clients: readonly ClientInfo[] = [],
): Promise<{ server: Server; adapter: FakeAdapter }> {
  const adapter = new FakeAdapter();
  const server = new Server([adapter], { ...options, limits });
  for (const client of clients) server.registerClient(client);
  await server.start();
  open.push(server);
  return { server, adapter };
}

async function attach(peer: FakePeer, cache = 'c'): Promise<string> {
  const { result } = await peer.ask('cache.attach', { cache });
  return result?.['subscription_id'] as string;
}

async function refusal(peer: FakePeer, method: string, params: object): Promise<string | undefined> {
  const { status, code } = await peer.ask(method, params);
  assert.equal(status, false, `${method} ${JSON.stringify(params)}`);
  return code?.replace('ERR_PUBSUB_', '');
}

/** Invalidates, without waiting for the answer. */
async function invalidate(
  peer: FakePeer,
  id: string,
  what: object = { all: true },
  cache = 'c',
): Promise<void> {
  const params = { cache, ...what };
  peer.say({ kind: 'request', id, clientId: undefined, method: 'cache.invalidate', params });
  await endOfTurn();
}

async function dropped(peer: FakePeer, subscription_id: string, up_to: number): Promise<void> {
  assert.equal((await peer.ask('cache.dropped', { subscription_id, up_to })).status, true);
}

/** The ids of the invalidations that were answered, each with `undefined` or why it was refused. */
function answers({ responses }: FakePeer): unknown[] {
  return responses.flatMap(({ request_id: id, code }) => (id.startsWith('ask') ? [] : [[id, code]]));
}

function answered(peer: FakePeer): unknown[] {
  return answers(peer).map((answer) => (answer as unknown[])[0]);
}

function stats(server: Server): number[] {
  const { caches, cacheReplicas, invalidations } = server.stats().state;
  return [caches, cacheReplicas, invalidations];
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('an invalidation', () => {
  it('is told to all who are attached, and answered when the others have dropped it', async () => {
    const { server, adapter } = await start();
    const [by, one, two, stranger] = [
      adapter.connect(),
      adapter.connect(),
      adapter.connect(),
      adapter.connect(),
    ];
    await attach(by);
    const ids = [await attach(one), await attach(two), await attach(stranger, 'other')] as const;
    await invalidate(by, 'i1', { keys: ['a', '__proto__'], tags: ['x'] });
    await invalidate(by, 'i2');
    const told = [
      [event, { number: 1, keys: ['a', '__proto__'], tags: ['x'] }],
      [event, { number: 2, all: true }],
    ];
    assert.deepEqual([by.events, one.events, two.events, stranger.events], [told, told, told, []]);
    await dropped(one, ids[0], 2);
    assert.deepEqual([answered(by), stats(server)], [[], [2, 4, 2]]);
    await dropped(two, ids[1], 1);
    assert.deepEqual([answered(by), stats(server)], [['i1'], [2, 4, 1]]);
    await dropped(two, ids[1], 2);
    assert.deepEqual(
      [answers(by), stats(server)],
      [
        [
          ['i1', undefined],
          ['i2', undefined],
        ],
        [2, 4, 0],
      ],
    );
    // It is told before it is answered.
    const kinds = by.sent.flat().map(({ kind }) => kind);
    assert.ok(kinds.indexOf('events') < kinds.length - 2);
  });

  it('is answered at once where nobody else holds the cache, and leaves nothing behind', async () => {
    const { server, adapter } = await start();
    const [by, other] = [adapter.connect(), adapter.connect()];
    await attach(other, 'other');
    await invalidate(by, 'i1');
    assert.deepEqual([answered(by), stats(server)], [['i1'], [1, 1, 0]]);
    await attach(by);
    await invalidate(by, 'i2');
    assert.deepEqual(
      [answered(by), by.events, stats(server)],
      [['i1', 'i2'], [[event, { number: 1, all: true }]], [2, 2, 0]],
    );
  });

  it('is answered when who has not dropped it leaves, closes the cache, or joins no more', async () => {
    const { server, adapter } = await start();
    const by = adapter.connect();
    const leave: ((peer: FakePeer, id: string) => unknown)[] = [
      (peer) => peer.leave(),
      (peer, subscription_id) => peer.ask('unsubscribe', { subscription_id }),
    ];
    for (const [i, go] of leave.entries()) {
      const peer = adapter.connect();
      const id = await attach(peer);
      await invalidate(by, `i${i}`);
      assert.equal(answered(by).length, i);
      await go(peer, id);
      await endOfTurn();
      assert.deepEqual([answered(by).length, stats(server)], [i + 1, [0, 0, 0]]);
    }
  });

  it('that was left out is answered when who has missed it has read so, and says so', async () => {
    const { server, adapter } = await start();
    const [by, slow, other] = [adapter.connect(), adapter.connect(), adapter.connect()];
    const [slowId, otherId] = [await attach(slow), await attach(other)];
    await invalidate(by, 'i1');
    slow.backlog = 1;
    await invalidate(by, 'i2');
    await dropped(other, otherId, 2);
    assert.deepEqual([answered(by), stats(server)], [[], [1, 2, 2]]);
    slow.backlog = 0;
    slow.accepted.drained();
    await endOfTurn();
    assert.deepEqual(slow.gaps, [{ reason: 'overflow', names: [event], counts: [1] }]);
    // It may still hold what it has not read that it has missed.
    assert.deepEqual(answered(by), []);
    await dropped(slow, slowId, 2);
    assert.deepEqual(
      [answered(by), stats(server)],
      [
        ['i1', 'i2'],
        [1, 2, 0],
      ],
    );
  });

  it('is answered where who has not dropped it is ended, since it does not keep up', async () => {
    const { server, adapter } = await start({}, { overflow: 'disconnect' });
    const [by, slow] = [adapter.connect(), adapter.connect()];
    await attach(slow);
    await invalidate(by, 'i1');
    slow.backlog = 1;
    await invalidate(by, 'i2');
    assert.deepEqual([slow.isClosed, stats(server)], [true, [0, 0, 0]]);
    // It may not know yet that it is, and holds what it has until then.
    assert.deepEqual(answers(by), [
      ['i1', 'ERR_PUBSUB_OUTCOME_UNKNOWN'],
      ['i2', 'ERR_PUBSUB_OUTCOME_UNKNOWN'],
    ]);
  });

  it('whose client has left is forgotten when it is carried out', async () => {
    const { server, adapter } = await start();
    const [by, other] = [adapter.connect(), adapter.connect()];
    const id = await attach(other);
    await invalidate(by, 'i1');
    by.leave();
    assert.deepEqual(stats(server), [1, 1, 1]);
    await dropped(other, id, 1);
    assert.deepEqual(stats(server), [1, 1, 0]);
  });

  it('of one cache is nothing to another, and numbers begin anew where nobody holds it', async () => {
    const { server, adapter } = await start();
    const [by, one] = [adapter.connect(), adapter.connect()];
    const [id, otherId] = [await attach(one), await attach(one, 'other')];
    await invalidate(by, 'i1');
    await invalidate(by, 'i2', { keys: ['a'] }, 'other');
    await dropped(one, otherId, 1);
    assert.deepEqual(answered(by), ['i2']);
    await dropped(one, id, 1);
    const { result } = await adapter.connect().ask('cache.attach', { cache: 'c' });
    assert.equal(result?.['number'], 1);
    one.leave();
    const left = adapter.connect();
    assert.equal((await left.ask('cache.attach', { cache: 'other' })).result?.['number'], 0);
    assert.deepEqual(stats(server), [2, 2, 0]);
  });

  it('by one who holds the cache twice waits for neither', async () => {
    const { server, adapter } = await start();
    const by = adapter.connect();
    await attach(by);
    await attach(by);
    await invalidate(by, 'i1');
    assert.deepEqual([answered(by), stats(server)], [['i1'], [1, 2, 0]]);
  });

  it('ends with the server', async () => {
    const { server, adapter } = await start();
    const [by, other] = [adapter.connect(), adapter.connect()];
    await attach(other);
    await invalidate(by, 'i1');
    await server.close();
    assert.deepEqual(stats(server), [0, 0, 0]);
    assert.ok(answers(by).every((answer) => (answer as unknown[])[1] === 'ERR_PUBSUB_OUTCOME_UNKNOWN'));
  });
});

describe('what is dropped', () => {
  it('is said by who holds the cache, of its own', async () => {
    const { server, adapter } = await start();
    const [by, one, two] = [adapter.connect(), adapter.connect(), adapter.connect()];
    const id = await attach(one);
    await invalidate(by, 'i1');
    for (const peer of [by, two])
      assert.equal(await refusal(peer, 'cache.dropped', { subscription_id: id, up_to: 1 }), 'FORBIDDEN');
    const { result } = await one.ask('subscribe', { event_name: 'e' });
    for (const other of [result?.['subscription_id'], '99', '', '__proto__'])
      assert.equal(await refusal(one, 'cache.dropped', { subscription_id: other, up_to: 1 }), 'FORBIDDEN');
    for (const subscription_id of [1, null, undefined, [id]])
      assert.equal(await refusal(one, 'cache.dropped', { subscription_id, up_to: 1 }), 'INVALID_ARGUMENT');
    for (const up_to of [undefined, null, -1, 0.5, '1', NaN])
      assert.equal(await refusal(one, 'cache.dropped', { subscription_id: id, up_to }), 'INVALID_ARGUMENT');
    assert.deepEqual([answered(by), stats(server)], [[], [1, 1, 1]]);
  });
});

describe('a request for a cache', () => {
  it('that is nonsense changes nothing', async () => {
    const { server, adapter } = await start();
    const [peer, other] = [adapter.connect(), adapter.connect()];
    await attach(other);
    for (const cache of [undefined, null, 5, '', '\ud800', 'x'.repeat(257), ['c']]) {
      assert.equal(await refusal(peer, 'cache.attach', { cache }), 'INVALID_ARGUMENT');
      assert.equal(await refusal(peer, 'cache.invalidate', { cache, all: true }), 'INVALID_ARGUMENT');
    }
    const nonsense = [
      {},
      { keys: [] },
      { keys: [], tags: [], all: false },
      { all: 'yes' },
      { all: null },
      { keys: 'a' },
      { keys: ['a'], tags: 'x' },
      { keys: ['a', 7] },
      { keys: { 0: 'a', length: 1 } },
      { tags: ['\ud800'] },
      { keys: ['a'], tags: null },
    ];
    for (const what of nonsense) {
      for (const cache of ['c', 'nobody'])
        assert.equal(await refusal(peer, 'cache.invalidate', { cache, ...what }), 'INVALID_ARGUMENT');
    }
    assert.deepEqual([other.events, stats(server), server.stats().subscriptions], [[], [1, 1, 0], 1]);
  });

  it('beyond a limit changes nothing, and is counted', async () => {
    const { server, adapter } = await start({
      caches: 1,
      invalidations: 2,
      keyLength: 4,
      valueLength: 60,
      subscriptionsPerClient: 2,
    });
    const [by, one] = [adapter.connect(), adapter.connect()];
    assert.equal(await refusal(by, 'cache.invalidate', { cache: 'c', keys: ['12345'] }), 'LIMIT');
    await attach(one);
    assert.equal(await refusal(by, 'cache.attach', { cache: 'other' }), 'LIMIT');
    await attach(one);
    assert.equal(await refusal(one, 'cache.attach', { cache: 'c' }), 'LIMIT');
    const long = { keys: Array.from({ length: 9 }, (_, i) => `key${i}`) };
    for (const what of [{ keys: ['a', '12345'] }, { tags: ['12345'] }, long])
      assert.equal(await refusal(by, 'cache.invalidate', { cache: 'c', ...what }), 'LIMIT');
    assert.deepEqual([one.events, stats(server)], [[], [1, 2, 0]]);
    await invalidate(by, 'i1');
    await invalidate(by, 'i2');
    await invalidate(by, 'i3');
    assert.deepEqual(
      [answers(by), one.events.length, stats(server)],
      [[['i3', 'ERR_PUBSUB_LIMIT']], 2, [1, 2, 2]],
    );
    one.leave();
    await endOfTurn();
    assert.deepEqual(
      [answered(by), stats(server)],
      [
        ['i3', 'i1', 'i2'],
        [0, 0, 0],
      ],
    );
    await attach(by, 'other');
    const { turnedAway } = server.stats();
    assert.deepEqual(
      ['caches', 'invalidations', 'keyLength', 'valueLength', 'subscriptionsPerClient'].map(
        (limit) => turnedAway[limit as keyof typeof turnedAway],
      ),
      [1, 1, 3, 1, 1],
    );
  });

  it('that is one subscription too many leaves no cache behind', async () => {
    const { server, adapter } = await start({ subscriptionsPerClient: 1 });
    const peer = adapter.connect();
    await attach(peer);
    assert.equal(await refusal(peer, 'cache.attach', { cache: 'other' }), 'LIMIT');
    assert.deepEqual(stats(server), [1, 1, 0]);
  });

  it('needs the right that its client was registered with', async () => {
    const { server, adapter } = await start({}, {}, [
      { id: 'reader-0123456789', caches: { c: 'read' } },
      { id: 'writer-0123456789', caches: { c: 'write' } },
      { id: 'mapper-0123456789', maps: { c: 'write' } },
    ]);
    const [reader, writer, mapper] = ['reader', 'writer', 'mapper'].map((name) =>
      adapter.connect(`${name}-0123456789`),
    ) as [FakePeer, FakePeer, FakePeer];
    const id = await attach(reader);
    await attach(writer);
    assert.equal(await refusal(mapper, 'cache.attach', { cache: 'c' }), 'FORBIDDEN');
    for (const peer of [reader, mapper])
      assert.equal(await refusal(peer, 'cache.invalidate', { cache: 'c', all: true }), 'FORBIDDEN');
    for (const cache of ['C', 'toString', '__proto__']) {
      assert.equal(await refusal(writer, 'cache.attach', { cache }), 'FORBIDDEN');
      assert.equal(await refusal(writer, 'cache.invalidate', { cache, all: true }), 'FORBIDDEN');
    }
    assert.deepEqual([reader.events, stats(server)], [[], [1, 2, 0]]);
    await invalidate(writer, 'i1');
    await dropped(reader, id, 1);
    assert.deepEqual(answered(writer), ['i1']);
  });
});
