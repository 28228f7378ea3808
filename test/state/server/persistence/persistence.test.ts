/** State that outlives its server: what the next one has, what waits for it, and what becomes of a start or a close that fails. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { MemoryAdapter, Server, startPrimary, type Limits, type StateOptions } from 'clustercast';
import { SimulatedCluster } from 'clustercast/testing';
import { deferred } from '#lib/client/deferred.js';
import { code } from '../../../support/codes.js';
import { FakeAdapter, type FakePeer } from '../../../support/fake-adapter.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { runProgram } from '../../../support/program.js';
import { timers } from '../../../support/timers.js';
import { endOfTurn } from '../../../support/turn.js';
import { until } from '../../../support/until.js';

const open: Server[] = [];

/** A place for a text, in memory. */
class Place {
  text: string | undefined;
  load: () => string | undefined = () => this.text;

  save(text: string): void {
    this.text = text;
  }

  get options(): StateOptions {
    return { load: () => this.load(), save: (text) => this.save(text), debounce: 0 };
  }
}

function build(state: StateOptions, limits: Partial<Limits> = {}): { server: Server; adapter: FakeAdapter } {
  const adapter = new FakeAdapter();
  const server = new Server([adapter], { state, limits });
  open.push(server);
  return { server, adapter };
}

async function start(
  state: StateOptions,
  limits: Partial<Limits> = {},
): Promise<{ server: Server; adapter: FakeAdapter }> {
  const built = build(state, limits);
  await built.server.start();
  return built;
}

async function result(peer: FakePeer, method: string, params: object): Promise<Record<string, unknown>> {
  const { client_id: _ignored, ...rest } = (await peer.ask(method, params)).result ?? assert.fail(method);
  return rest;
}

/** What a map contains, by its versions too. */
async function contents(peer: FakePeer, map: string): Promise<unknown[]> {
  const { entries } = await result(peer, 'map.attach', { map });
  return JSON.parse(entries as string) as unknown[];
}

/** Asks without waiting for the answer. */
function ask(peer: FakePeer, id: string, method: string, params: object): void {
  peer.say({ kind: 'request', id, clientId: undefined, method, params: { ...params } });
}

function outcomes({ responses }: FakePeer): unknown[] {
  return responses.map(({ request_id: id, status, code: refusal }) => [id, status || refusal]);
}

afterEach(async () => {
  await Promise.allSettled(open.splice(0).map((server) => server.close()));
});

describe('the state of a server', () => {
  it('is there for the next one: entries with their versions, and retained values', async () => {
    const place = new Place();
    const first = await start(place.options);
    const peer = first.adapter.connect();
    for (const key of ['a', 'b', 'c']) await peer.ask('map.set', { map: 'm', key, json: `"${key} \\n"` });
    await peer.ask('map.delete', { map: 'm', key: 'b' });
    await peer.ask('map.set', { map: 'gone', key: 'k', json: '1' });
    await peer.ask('map.clear', { map: 'gone' });
    await peer.ask('retained.publish', { event_name: 'e', json: '[1]' });
    await peer.ask('retained.publish', { event_name: 'gone', json: '1' });
    await peer.ask('retained.publish', { event_name: 'gone', clear: true });
    const before = await contents(peer, 'm');
    await first.server.close();

    const second = await start(place.options);
    const { maps, entries, retained, isUnsaved } = second.server.stats().state;
    assert.deepEqual([maps, entries, retained, isUnsaved], [1, 2, 1, false]);
    const other = second.adapter.connect();
    assert.deepEqual(await contents(other, 'm'), before);
    assert.equal((await result(other, 'retained.subscribe', { event_name: 'e' }))['retained'], '[1]');
    assert.equal((await result(other, 'retained.subscribe', { event_name: 'gone' }))['retained'], undefined);
  });

  it('is saved by itself, soon after a change, and not where nothing changes', async () => {
    const place = new Place();
    const { server, adapter } = await start(place.options);
    const peer = adapter.connect();
    await peer.ask('map.attach', { map: 'm' });
    await peer.ask('map.delete', { map: 'm', key: 'k' });
    await peer.ask('map.clear', { map: 'm' });
    await peer.ask('publish', { event_name: 'e', value: 1 });
    assert.deepEqual([server.stats().state.isUnsaved, place.text], [false, undefined]);
    for (const act of ['map.set', 'map.increment', 'map.delete', 'retained.publish']) {
      const { saves } = server.stats().state;
      const params = { map: 'm', key: act === 'map.increment' ? 'n' : 'k', event_name: 'e', json: '1' };
      await peer.ask(act, params);
      assert.equal(server.stats().state.isUnsaved, true, act);
      await until(() => server.stats().state.saves > saves, 'it is saved');
      assert.equal(server.stats().state.isUnsaved, false, act);
    }
  });

  it('is saved by a program that ends by itself and closes nothing', async () => {
    const { code: exitCode, stdout, stderr } = await runProgram('unclosed-state');
    assert.deepEqual([exitCode, stdout, stderr], [0, 'saved\n', '']);
  });

  it('keeps the time of an entry going while there is no server, and it expires in the next one', async (t) => {
    const clock = FakeClock.of(t);
    t.mock.method(Date, 'now', () => 1_700_000_000_000 + performance.now());
    const place = new Place();
    const first = await start(place.options);
    const peer = first.adapter.connect();
    await peer.ask('map.set', { map: 'm', key: 'short', json: '1', ttl: 1_000 });
    await peer.ask('map.set', { map: 'm', key: 'long', json: '1', ttl: 3_000 });
    clock.pass(500);
    await first.server.close();
    clock.pass(1_500);
    const second = await start(place.options);
    assert.equal(second.server.stats().state.entries, 1);
    clock.pass(999);
    assert.equal(second.server.stats().state.entries, 1);
    clock.pass(1);
    assert.equal(second.server.stats().state.entries, 0);
    await second.server.close();
    assert.equal((await start(place.options)).server.stats().state.maps, 0);
  });

  it('has versions that none of an earlier run has had, saved or not, wherever the clock stands', async (t) => {
    let wall = 1_700_000_000_000;
    t.mock.method(Date, 'now', () => wall);
    const place = new Place();
    let earlier = 0;
    for (const later of [0, 1_000, -3_600_000, 2 ** 43, 0]) {
      wall += later;
      const { server, adapter } = await start(place.options);
      const peer = adapter.connect();
      const { text } = place;
      const versions: number[] = [];
      for (const map of ['m', 'other', 'm', 'new']) {
        for (let n = 0; n < 10; n++) {
          versions.push(Number((await result(peer, 'map.increment', { map, key: 'n' }))['version']));
        }
      }
      assert.ok(Math.min(...versions) > earlier, `${Math.min(...versions)} after ${earlier}`);
      earlier = Math.max(...versions);
      assert.ok(Number.isSafeInteger(earlier));
      await server.close();
      // All that the second one did is lost.
      if (later === 1_000) place.text = text;
    }
  });

  it('is a conflict for a compare-and-set on what was lost, and none on what was kept', async () => {
    const place = new Place();
    const first = await start(place.options);
    const peer = first.adapter.connect();
    const set = { map: 'm', key: 'k', json: '1' };
    const kept = (await result(peer, 'map.set', set))['version'];
    await until(() => first.server.stats().state.saves === 1, 'it is saved');
    const { text } = place;
    const lost = (await result(peer, 'map.set', set))['version'];
    await first.server.close();
    place.text = text;

    const { adapter } = await start(place.options);
    const other = adapter.connect();
    assert.equal((await result(other, 'map.set', { ...set, if_version: lost }))['conflict'], true);
    await other.ask('map.set', { ...set, key: 'another' });
    assert.equal(
      (await result(other, 'map.set', { ...set, key: 'another', if_version: lost }))['conflict'],
      true,
    );
    assert.equal((await result(other, 'map.set', { ...set, if_version: kept }))['conflict'], undefined);
  });
});

describe('a replica that outlives its server', () => {
  it('is told what was lost and nothing else, and goes on with versions that it has seen', async () => {
    const place = new Place();
    await using cluster = new SimulatedCluster({ state: place.options });
    await cluster.start();
    const map = await cluster.fork().connect().map<number>('m');
    await map.set('kept', 1);
    await map.set('changed', 1);
    await map.set('removed', 1);
    const changes: [string, number | undefined][] = [];
    map.on('change', ({ key, value }) => changes.push([key, value]));
    const restart = async (): Promise<void> => {
      let isFresh = false;
      map.once('fresh', () => (isFresh = true));
      await cluster.restart();
      await until(() => isFresh, 'the replica is fresh again');
    };
    const kept = map.entry('kept');
    await restart();
    assert.deepEqual([changes, map.entry('kept')], [[], kept]);

    const { text } = place;
    await map.set('changed', 2);
    await map.delete('removed');
    await map.set('added', 2);
    const [changed, added] = [map.entry('changed'), map.entry('added')];
    const { load } = place;
    place.load = () => text;
    changes.length = 0;
    await restart();
    place.load = load;
    const lost: typeof changes = [
      ['added', undefined],
      ['changed', 1],
      ['removed', 1],
    ];
    assert.deepEqual(new Map(changes), new Map(lost));
    assert.equal(changes.length, lost.length);
    assert.equal(map.get('kept'), 1);
    await assert.rejects(map.set('changed', 3, { ifVersion: changed?.version ?? 0 }), code('CONFLICT'));
    await map.set('added', 3);
    await assert.rejects(map.set('added', 4, { ifVersion: added?.version ?? 0 }), code('CONFLICT'));
    await map.set('kept', 2, { ifVersion: kept?.version ?? 0 });
  });
});

describe('until the state is loaded', () => {
  it('what asks for it waits, in order, and nothing else does', async () => {
    const place = new Place();
    const first = await start(place.options);
    await first.adapter.connect().ask('map.set', { map: 'm', key: 'n', json: '5' });
    await first.server.close();

    const loaded = deferred<string | undefined>();
    const { server, adapter } = build({ ...place.options, load: () => loaded.promise });
    const started = server.start();
    const [peer, other] = [adapter.connect(), adapter.connect()];
    ask(peer, '1', 'map.attach', { map: 'm' });
    ask(peer, '2', 'map.increment', { map: 'm', key: 'n' });
    ask(other, '3', 'map.increment', { map: 'm', key: 'n' });
    ask(peer, '4', 'map.set', { map: 'm', key: 'n' });
    ask(peer, '5', 'retained.subscribe', { event_name: 'e' });
    assert.equal((await other.ask('subscribe', { event_name: 'e' })).status, true);
    assert.deepEqual([peer.responses, server.stats().state.maps], [[], 0]);
    loaded.resolve(place.text);
    await started;
    await endOfTurn();
    assert.deepEqual(outcomes(peer), [
      ['1', true],
      ['2', true],
      ['4', 'ERR_PUBSUB_INVALID_ARGUMENT'],
      ['5', true],
    ]);
    assert.deepEqual([peer.responses[1]?.result?.['value'], other.responses[1]?.result?.['value']], [6, 7]);
    assert.equal((await result(peer, 'map.increment', { map: 'm', key: 'n' }))['value'], 8);
  });

  it('no more waits than a client itself may have waiting', async () => {
    const loaded = deferred<undefined>();
    const limits = { outboxMessages: 3, outboxLength: 200 };
    const { server, adapter } = build({ load: () => loaded.promise, save: () => undefined }, limits);
    const started = server.start();
    const [many, long, other] = [adapter.connect(), adapter.connect(), adapter.connect()];
    for (let n = 1; n <= 4; n++) ask(many, `${n}`, 'map.increment', { map: 'm', key: 'n' });
    // The first one may be of any length, as in the client.
    for (let n = 1; n <= 2; n++)
      ask(long, `${n}`, 'map.set', { map: 'm', key: 'k', json: `"${'x'.repeat(300)}"` });
    ask(other, '1', 'map.set', { map: 'm', key: 'k', value: 1 });
    await endOfTurn();
    assert.deepEqual(
      [outcomes(many), outcomes(long)],
      [[['4', 'ERR_PUBSUB_LIMIT']], [['2', 'ERR_PUBSUB_LIMIT']]],
    );
    assert.deepEqual(server.stats().turnedAway, { outboxMessages: 1, outboxLength: 1 });
    loaded.resolve(undefined);
    await started;
    await endOfTurn();
    assert.deepEqual(
      [many, long, other].map(({ responses }) => responses.length),
      [4, 2, 1],
    );
  });

  it('a server that is closed answers nobody, and saves nothing', async () => {
    const place = new Place();
    const loaded = deferred<undefined>();
    const { server, adapter } = build({ ...place.options, load: () => loaded.promise });
    const started = server.start();
    const peer = adapter.connect();
    ask(peer, '1', 'map.set', { map: 'm', key: 'k', json: '1' });
    const closed = server.close();
    loaded.resolve(undefined);
    await Promise.all([started, closed]);
    assert.deepEqual([peer.responses, place.text, server.stats().state.maps], [[], undefined, 0]);
  });
});

describe('a server whose state does not load', () => {
  const error = new Error('no such place');
  for (const [title, load, expected] of [
    ['since that fails', () => Promise.reject(error), (thrown: unknown) => thrown === error],
    ['since it is nonsense', () => 'nonsense', code('INVALID_ARGUMENT')],
    ['since it does not end', () => new Promise<undefined>(() => undefined), code('TIMEOUT')],
  ] as const) {
    it(`does not start ${title}, leaves nothing behind, and saves nothing`, async () => {
      const before = timers();
      let saves = 0;
      const save = (): void => void (saves += 1);
      const { server, adapter } = build({ load, save, timeout: 20 });
      const started = server.start();
      const peer = adapter.connect();
      ask(peer, '1', 'map.set', { map: 'm', key: 'k', json: '1' });
      await assert.rejects(started, expected);
      assert.deepEqual(adapter.calls, ['start', 'close']);
      assert.deepEqual([peer.isClosed, server.stats().connections, saves], [true, 0, 0]);
      await server.close();
      assert.deepEqual([saves, timers()], [0, before]);

      // And the process may start another one.
      await assert.rejects(startPrimary({ state: { load, save, timeout: 20 } }), expected);
      await (await startPrimary()).close();
      assert.equal(saves, 0);
    });
  }

  it('does not start beyond its limits', async () => {
    const place = new Place();
    const { server, adapter } = await start(place.options);
    for (const map of ['m', 'n']) await adapter.connect().ask('map.set', { map, key: 'k', json: '1' });
    await server.close();
    const { text } = place;
    await assert.rejects(start(place.options, { maps: 1 }), code('LIMIT'));
    assert.equal(place.text, text);
    await start(place.options, { maps: 2 });
  });
});

describe('a server whose state is not saved', () => {
  it('goes on, says so, and its close rejects with why, though it has closed', async () => {
    const error = new Error('disk full');
    const errors: unknown[] = [];
    const { server, adapter } = await start({
      load: () => undefined,
      save: () => Promise.reject(error),
      debounce: 0,
      onSaveError: (thrown) => void errors.push(thrown),
    });
    const peer = adapter.connect();
    await peer.ask('map.set', { map: 'm', key: 'k', json: '1' });
    await until(() => server.stats().state.failedSaves === 1, 'it has failed');
    assert.equal((await result(peer, 'map.increment', { map: 'm', key: 'k' }))['value'], 2);
    assert.deepEqual([errors, server.stats().state.isUnsaved], [[error], true]);
    await assert.rejects(server.close(), error);
    assert.deepEqual(adapter.calls, ['start', 'close']);
  });

  it('leaves the process free for another primary', async () => {
    const error = new Error('disk full');
    const save = (): Promise<void> => Promise.reject(error);
    const primary = await startPrimary({ state: { load: () => undefined, save } });
    const map = await primary.connect().map('m');
    await map.set('k', 1);
    await assert.rejects(primary.close(), error);
    await (await startPrimary()).close();
  });

  it('has no bad options', () => {
    const state = { load: () => undefined } as unknown as StateOptions;
    assert.throws(() => new Server([new MemoryAdapter()], { state }), code('INVALID_ARGUMENT'));
  });
});
