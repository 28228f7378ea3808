/** The methods of maps, by hand: what they answer, what they refuse, and what they leave behind. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Server, type Limits } from 'clustercast';
import { Expiry } from '#lib/state/server/maps/expiry.js';
import { FakeAdapter, type FakePeer } from '../../../support/fake-adapter.js';
import { FakeClock } from '../../../support/fake-clock.js';

const open: Server[] = [];

async function start(limits: Partial<Limits> = {}): Promise<{ server: Server; adapter: FakeAdapter }> {
  const adapter = new FakeAdapter();
  const server = new Server([adapter], { limits });
  await server.start();
  open.push(server);
  return { server, adapter };
}

async function result(peer: FakePeer, method: string, params: object): Promise<Record<string, unknown>> {
  const { client_id: _ignored, ...rest } = (await peer.ask(method, params)).result ?? assert.fail(method);
  return rest;
}

async function refusal(peer: FakePeer, method: string, params: object): Promise<string | undefined> {
  const { status, code } = await peer.ask(method, params);
  assert.equal(status, false, `${method} ${JSON.stringify(params)}`);
  return code?.replace('ERR_PUBSUB_', '');
}

/** Of the entries in a part. */
function keys({ entries }: Record<string, unknown>): unknown[] {
  return (JSON.parse(entries as string) as unknown[][]).map(([key]) => key);
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('attaching to a map', () => {
  it('brings its contents, or the changes since what the client has', async () => {
    const { server, adapter } = await start();
    const [writer, peer] = [adapter.connect(), adapter.connect()];
    const { epoch: run } = server;
    for (const key of ['a', 'b']) await writer.ask('map.set', { map: 'm', key, json: '1' });
    const contents = { run, version: 2, part: 0, entries: '[["a",1,1],["b",2,1]]' };
    for (const position of [
      {},
      { run: 'another', version: 1 },
      { version: 1 },
      { run, version: 3 },
      { run },
    ]) {
      const { subscription_id: id, ...rest } = await result(peer, 'map.attach', { map: 'm', ...position });
      assert.deepEqual(rest, contents, JSON.stringify(position));
      await peer.ask('unsubscribe', { subscription_id: id });
    }
    const since = async (version: number): Promise<unknown> => {
      const { changes } = await result(peer, 'map.attach', { map: 'm', run, version });
      return changes;
    };
    assert.equal(await since(0), '[{"version":1,"key":"a","value":1},{"version":2,"key":"b","value":1}]');
    assert.equal(await since(1), '[{"version":2,"key":"b","value":1}]');
    assert.equal(await since(2), '[]');
  });

  it('that is nonsense subscribes to nothing', async () => {
    const { server, adapter } = await start();
    const peer = adapter.connect();
    const { epoch: run } = server;
    const nonsense = [
      { version: -1 },
      { run, version: 'x' },
      { run, version: 0.5 },
      { run: 5, version: 1 },
      { run: null },
      { part: -1 },
      { part: '0' },
    ];
    for (const params of nonsense) {
      assert.equal(await refusal(peer, 'map.attach', { map: 'm', ...params }), 'INVALID_ARGUMENT');
    }
    for (const map of [undefined, null, 5, '', '\ud800', 'x'.repeat(257), ['m']]) {
      assert.equal(await refusal(peer, 'map.attach', { map }), 'INVALID_ARGUMENT');
    }
    const { subscriptions, state } = server.stats();
    assert.deepEqual([subscriptions, state.maps, state.watchers], [0, 0, 0]);
  });

  it('that is one subscription too many leaves no map behind', async () => {
    const { server, adapter } = await start({ subscriptionsPerClient: 1 });
    const peer = adapter.connect();
    await peer.ask('map.attach', { map: 'm' });
    assert.equal(await refusal(peer, 'map.attach', { map: 'other' }), 'LIMIT');
    assert.equal(server.stats().state.maps, 1);
  });

  it('ends with the subscription, the connection or the server', async () => {
    const { server, adapter } = await start();
    const peers = [adapter.connect(), adapter.connect(), adapter.connect()] as const;
    const ids = [];
    for (const peer of peers) ids.push((await result(peer, 'map.attach', { map: 'm' }))['subscription_id']);
    assert.deepEqual([server.stats().state.watchers, server.stats().state.maps], [3, 1]);
    await peers[0].ask('unsubscribe', { subscription_id: ids[0] });
    assert.deepEqual([server.stats().state.watchers, server.stats().state.maps], [2, 1]);
    peers[1].leave();
    assert.deepEqual([server.stats().state.watchers, server.stats().state.maps], [1, 1]);
    await server.close();
    assert.deepEqual([server.stats().state.watchers, server.stats().state.maps], [0, 0]);
  });
});

describe('reading a map', () => {
  it('goes from part to part, begins again where one is asked for twice, and gives changes where it can', async () => {
    const { server, adapter } = await start();
    const [writer, peer] = [adapter.connect(), adapter.connect()];
    const { epoch: run } = server;
    const json = JSON.stringify('x'.repeat(40_000));
    for (const key of ['a', 'b', 'c', 'd', 'e']) await writer.ask('map.set', { map: 'm', key, json });
    const first = await result(peer, 'map.attach', { map: 'm' });
    const subscription_id = first['subscription_id'];
    assert.deepEqual([first['part'], first['more'], keys(first)], [0, true, ['a', 'b']]);
    const second = await result(peer, 'map.read', { subscription_id, part: 1 });
    assert.deepEqual([second['part'], second['more'], keys(second)], [1, true, ['c', 'd']]);
    const again = await result(peer, 'map.read', { subscription_id, part: 1 });
    assert.deepEqual([again['part'], keys(again)], [0, ['a', 'b']]);
    await writer.ask('map.delete', { map: 'm', key: 'c' });
    assert.deepEqual(keys(await result(peer, 'map.read', { subscription_id, part: 1 })), ['d', 'e']);
    const last = await result(peer, 'map.read', { subscription_id, part: 2 });
    assert.deepEqual([last['part'], last['more'], keys(last), last['version']], [2, undefined, [], 6]);
    assert.equal((await result(peer, 'map.read', { subscription_id, part: 3 }))['part'], 0);
    const changes = await result(peer, 'map.read', { subscription_id, run, version: 5 });
    assert.deepEqual(changes, { run, version: 6, changes: '[{"version":6,"key":"c"}]' });
    // What was read before is given up by that.
    assert.equal((await result(peer, 'map.read', { subscription_id, part: 1 }))['part'], 0);
  });

  it('stands between what it brings and what comes after it, all in one turn', async () => {
    const { server, adapter } = await start();
    const [writer, peer] = [adapter.connect(), adapter.connect()];
    const subscription_id = String((await result(peer, 'map.attach', { map: 'm' }))['subscription_id']);
    const params = { subscription_id, run: server.epoch, version: 0 };
    const answers = [
      writer.ask('map.set', { map: 'm', key: 'k', json: '1' }),
      peer.ask('map.read', params),
      writer.ask('map.set', { map: 'm', key: 'k', json: '2' }),
    ];
    await Promise.all(answers);
    const said = peer.sent.at(-1)?.map((message) => {
      if (message.kind === 'events') return message.columns.values;
      return message.kind === 'response' && message.ok ? message.result['changes'] : message.kind;
    });
    const [first, second] = [1, 2].map((n) => `[{"version":${n},"key":"k","value":${n}}]`);
    assert.deepEqual(said, [first, first, second]);
  });

  it('is for who is attached, by the id as it was given', async () => {
    const { adapter } = await start();
    const [peer, other] = [adapter.connect(), adapter.connect()];
    const id = String((await result(peer, 'map.attach', { map: 'm' }))['subscription_id']);
    const plain = String((await result(peer, 'subscribe', { event_name: 'e' }))['subscription_id']);
    for (const subscription_id of [undefined, null, Number(id), [id], {}]) {
      assert.equal(await refusal(peer, 'map.read', { subscription_id }), 'INVALID_ARGUMENT');
    }
    for (const subscription_id of [plain, `0${id}`, '', '__proto__']) {
      assert.equal(await refusal(peer, 'map.read', { subscription_id }), 'FORBIDDEN');
    }
    assert.equal(await refusal(other, 'map.read', { subscription_id: id }), 'FORBIDDEN');
    await peer.ask('unsubscribe', { subscription_id: id });
    assert.equal(await refusal(peer, 'map.read', { subscription_id: id }), 'FORBIDDEN');
  });
});

describe('writing to a map', () => {
  it('tells a change before the answer, to the writer, too', async () => {
    const { adapter } = await start();
    const [peer, other] = [adapter.connect(), adapter.connect()];
    await peer.ask('map.attach', { map: 'm' });
    await other.ask('map.attach', { map: 'm' });
    await peer.ask('map.set', { map: 'm', key: 'k', value: [1] });
    const change = ['$clustercast/map/m', { version: 1, key: 'k', value: [1] }];
    assert.deepEqual([peer.events, other.events], [[change], [change]]);
    const kinds = peer.sent.at(-1)?.map(({ kind }) => kind);
    assert.deepEqual(kinds, ['events', 'response']);
  });

  it('never gives a version again, also not to a map that was empty and forgotten in between', async () => {
    const { server, adapter } = await start();
    const peer = adapter.connect();
    let last = 0;
    for (const map of ['m', 'other', 'm', 'm', 'other']) {
      const { version } = await result(peer, 'map.set', { map, key: 'k', json: '1' });
      assert.ok(Number(version) > last, `${String(version)} after ${last}`);
      last = Number((await result(peer, 'map.delete', { map, key: 'k' }))['version']);
      assert.equal(server.stats().state.maps, 0);
    }
  });

  it('that is refused leaves no map behind', async () => {
    const { server, adapter } = await start({ keyLength: 5 });
    const peer = adapter.connect();
    for (const [method, params] of [
      ['map.set', { key: 'k' }],
      ['map.set', { key: 5, json: '1' }],
      ['map.set', { key: 'long key', json: '1' }],
      ['map.set', { key: 'k', json: '{' }],
      ['map.set', { key: 'k', json: '1', ttl: 0 }],
      ['map.set', { key: 'k', json: '1', if_version: -1 }],
      ['map.delete', { key: 5 }],
      ['map.delete', { key: 'k', if_version: 'x' }],
      ['map.increment', { key: 'k', by: 'x' }],
      ['map.increment', { key: 'k', ttl: -1 }],
    ] as const) {
      await refusal(peer, method, { map: 'm', ...params });
    }
    assert.equal(
      (await result(peer, 'map.set', { map: 'm', key: 'k', json: '1', if_version: 1 }))['conflict'],
      true,
    );
    assert.equal((await result(peer, 'map.delete', { map: 'm', key: 'k' }))['existed'], false);
    await peer.ask('map.clear', { map: 'm' });
    const { maps, entries, length, watchers } = server.stats().state;
    assert.deepEqual([maps, entries, length, watchers], [0, 0, 0, 0]);
  });

  it('of a version of another run is a conflict, whatever the version', async () => {
    const { server, adapter } = await start();
    const peer = adapter.connect();
    const set = (params: object): Promise<object> =>
      result(peer, 'map.set', { map: 'm', key: 'k', json: '1', ...params });
    const conflict = { conflict: true, run: server.epoch, version: 0 };
    assert.deepEqual(await set({ if_version: 0, run: 'another' }), conflict);
    assert.deepEqual(await set({ if_version: 0, run: server.epoch }), { version: 1 });
    const current = '{"version":1,"value":1}';
    assert.deepEqual(await set({ if_version: 1, run: 'another' }), { ...conflict, version: 1, current });
    assert.deepEqual(await set({ if_version: 1 }), { version: 2 });
    assert.deepEqual(await set({ run: 'another' }), { version: 3 });
  });

  it('by an increment keeps the time of the entry, and takes no memory for it each time', async (t) => {
    const { server, adapter } = await start();
    const peer = adapter.connect();
    const clock = FakeClock.of(t);
    const added = t.mock.method(Expiry.prototype, 'add');
    for (let n = 1; n <= 50; n++) {
      const { value } = await result(peer, 'map.increment', { map: 'm', key: 'k', ttl: 1_000 });
      assert.equal(value, n);
      clock.pass(10);
    }
    assert.equal(added.mock.callCount(), 1);
    clock.pass(499);
    assert.equal(server.stats().state.entries, 1);
    clock.pass(1);
    // And nobody is there for whom the empty map would be kept.
    assert.deepEqual([server.stats().state.entries, server.stats().state.maps], [0, 0]);
  });
});
