/** The client that holds maps: how it asks for them, over the loss of links, and what it leaves behind where it gives up. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryAdapter, type PubSubError, type PubSubErrorCode, type ReplicatedMap } from 'clustercast';
import type { DocumentedRequest } from '#lib/protocol/documented.js';
import { Server as CoreServer } from '#lib/server/server.js';
import { ReplicatingClient } from '#lib/state/client/client.js';
import { code } from '../../support/codes.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeConnector, type FakeChannel } from '../../support/fake-connector.js';
import { endOfTurn } from '../../support/turn.js';

const event = '$clustercast/map/m';

class Stage {
  readonly connector = new FakeConnector();
  readonly client = new ReplicatingClient(this.connector);
  readonly errors: unknown[] = [];

  constructor() {
    this.client.on('error', (error) => this.errors.push(error));
    this.channel.open();
  }

  get channel(): FakeChannel {
    return this.connector.channel;
  }

  /** Answers the one request that has come since the last look, which must be for `method`. */
  async answer(method: string, result: object): Promise<DocumentedRequest> {
    const request = await this.channel.askedOne();
    assert.equal(request.method, method);
    this.channel.say({ kind: 'response', id: request.request_id, ok: true, result: { ...result } });
    return request;
  }

  /** A map that is attached. */
  async map(): Promise<ReplicatedMap<unknown>> {
    const loading = this.client.map('m');
    await this.answer('map.attach', contents);
    return loading;
  }

  /** The link is lost, and on the next one the map is refused. */
  async refuse(refusal: PubSubErrorCode): Promise<void> {
    this.channel.lose();
    this.channel.open();
    this.channel.refuse(await this.channel.askedOne(), refusal);
  }

  async end(): Promise<void> {
    this.channel.lose({ isFinal: true });
    await this.client.closed;
  }
}

const contents = { subscription_id: 's1', run: 'first', version: 1, part: 0, entries: '[["k",1,1]]' };

describe('a client that asks for a map', () => {
  it('attaches once for all who ask, and says what it has when it asks again', async () => {
    const stage = new Stage();
    const asked = [stage.client.map('m'), stage.client.map('m')];
    const { params } = await stage.answer('map.attach', contents);
    assert.deepEqual(params, { map: 'm' });
    const [map, same] = await Promise.all(asked);
    assert.equal(map, same);
    assert.deepEqual([map?.get('k'), stage.client.stats().subscriptions], [1, 1]);
    stage.channel.publish(event, { version: 2, key: 'k', value: 2 });
    stage.channel.lose();
    assert.equal(map?.isStale, true);
    stage.channel.open();
    const changes = '[{"version":3,"key":"k"}]';
    const again = { subscription_id: 's2', run: 'first', version: 3, changes };
    assert.deepEqual((await stage.answer('map.attach', again)).params, {
      map: 'm',
      run: 'first',
      version: 2,
    });
    assert.deepEqual([map.isStale, map.size, map.version], [false, 0, 3]);
    stage.channel.publish(event, { version: 4, key: 'k', value: 4 });
    assert.equal(map.get('k'), 4);
    await stage.end();
    assert.equal(map.isStale, true);
  });

  it('may wait as long as a timer can, also by a clock that stands still for a while, as in a page', async (t) => {
    // With the longest time added it is rounded up.
    const times = [1.3, 1.3];
    let last = 1.3;
    t.mock.method(performance, 'now', () => times.pop() ?? (last += 1));
    const stage = new Stage();
    const asked = stage.client.map('m', { timeout: 2 ** 31 - 1 });
    await stage.answer('map.attach', contents);
    assert.equal((await asked).get('k'), 1);
    await stage.end();
  });

  it('reads what it lacks where a gap is told, and only of the map that has it', async () => {
    const stage = new Stage();
    const loading = stage.client.map('m');
    await stage.answer('map.attach', contents);
    const map = await loading;
    stage.channel.say({ kind: 'missed', names: ['e'], counts: [1] });
    assert.equal(map.isStale, false);
    stage.channel.say({ kind: 'missed', names: [event], counts: [2] });
    assert.equal(map.isStale, true);
    const changes = '[{"version":2},{"version":3,"key":"k","value":3}]';
    const { params } = await stage.answer('map.read', { run: 'first', version: 3, changes });
    assert.deepEqual(params, { subscription_id: 's1', run: 'first', version: 1 });
    assert.deepEqual([map.isStale, map.get('k'), stage.errors], [false, 3, []]);
    await stage.end();
  });

  it('is stale with its server, until that has said what it lacks', async () => {
    const stage = new Stage();
    const loading = stage.client.map('m');
    await stage.answer('map.attach', contents);
    const map = await loading;
    const raised: string[] = [];
    for (const type of ['stale', 'fresh'] as const) map.on(type, () => raised.push(type));
    stage.channel.stale(true);
    stage.channel.stale(false);
    assert.deepEqual([raised, map.isStale], [['stale'], true]);
    await stage.answer('map.read', { run: 'first', version: 1, changes: '[]' });
    assert.deepEqual([raised, map.isStale], [['stale', 'fresh'], false]);
    await stage.end();
  });

  it('is refused by a server that holds none', async () => {
    const memory = new MemoryAdapter();
    const server = new CoreServer([memory]);
    await server.start();
    const client = memory.connect();
    await assert.rejects(client.map('m'), code('UNSUPPORTED'));
    await assert.rejects(client.map('m'), code('UNSUPPORTED'));
    await client.publish('e', 1);
    await client.close();
    await server.close();
  });

  it('asks for itself where it waited for who was refused', async () => {
    const stage = new Stage();
    const asked = [stage.client.map('m'), stage.client.map('m')] as const;
    const refused = assert.rejects(asked[0], code('FORBIDDEN'));
    stage.channel.refuse(await stage.channel.askedOne(), 'ERR_PUBSUB_FORBIDDEN');
    await refused;
    await stage.answer('map.attach', contents);
    assert.equal((await asked[1]).get('k'), 1);
    await stage.end();
  });

  it('ends the map where it is refused on another link, and may ask again', async () => {
    const stage = new Stage();
    const map = await stage.map();
    let closed = 0;
    map.on('close', () => (closed += 1));
    await stage.refuse('ERR_PUBSUB_FORBIDDEN');
    assert.deepEqual([closed, map.isStale, map.get('k')], [1, true, 1]);
    assert.equal((stage.errors[0] as PubSubError).code, 'ERR_PUBSUB_FORBIDDEN');
    await assert.rejects(map.set('k', 1), code('CLOSED'));
    const again = stage.client.map('m');
    await stage.answer('map.attach', contents);
    assert.notEqual(await again, map);
    await stage.end();
  });

  it('asks again where that fails for now on another link, for as long as it takes', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    const map = await stage.map();
    const raised: string[] = [];
    for (const type of ['stale', 'fresh', 'close'] as const) map.on(type, () => raised.push(type));
    stage.channel.lose();
    stage.channel.open();
    for (const refusal of ['ERR_PUBSUB_LIMIT', 'ERR_PUBSUB_TIMEOUT'] as const) {
      stage.channel.refuse(await stage.channel.askedOne(), refusal);
      await endOfTurn();
      assert.deepEqual([raised, map.isStale], [['stale'], true]);
      assert.equal((stage.errors.pop() as PubSubError).code, refusal);
      assert.deepEqual(await stage.channel.asked(), []);
      clock.pass(1_000);
    }
    const again = { subscription_id: 's2', run: 'first', version: 1, changes: '[]' };
    assert.deepEqual((await stage.answer('map.attach', again)).params, {
      map: 'm',
      run: 'first',
      version: 1,
    });
    assert.deepEqual([raised, map.isStale, stage.errors], [['stale', 'fresh'], false, []]);
    stage.channel.publish(event, { version: 2, key: 'k', value: 2 });
    assert.equal(map.get('k'), 2);
    // And over the next loss as before.
    await stage.refuse('ERR_PUBSUB_LIMIT');
    await map.close();
    assert.deepEqual([raised.splice(2), clock.size], [['stale', 'close'], 0]);
    await stage.end();
    assert.deepEqual([raised, clock.size], [['stale', 'fresh'], 0]);
  });

  it('leaves at once where it was closed while it asked again', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    const map = await stage.map();
    await stage.refuse('ERR_PUBSUB_LIMIT');
    clock.pass(1_000);
    const request = await stage.channel.askedOne();
    await map.close();
    const result = { ...contents, subscription_id: 's3' };
    stage.channel.say({ kind: 'response', id: request.request_id, ok: true, result });
    assert.deepEqual((await stage.answer('unsubscribe', {})).params, { subscription_id: 's3' });
    await endOfTurn();
    assert.equal(stage.client.stats().subscriptions, 0);
    await stage.end();
  });

  it('ends with the client that has not found its server again', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    const map = await stage.map();
    let closed = 0;
    map.on('close', () => (closed += 1));
    await stage.refuse('ERR_PUBSUB_LIMIT');
    await stage.end();
    assert.deepEqual([closed, clock.size], [1, 0]);
  });

  it('that names no subscription is a breach of the protocol', async () => {
    const stage = new Stage();
    const refused = assert.rejects(stage.client.map('m'), code('PROTOCOL'));
    await stage.answer('map.attach', { ...contents, subscription_id: 7 });
    await refused;
    await stage.end();
  });
});

describe('a client that gives up waiting for a map', () => {
  it('leaves nothing on the server where the answer comes later', async () => {
    const stage = new Stage();
    const controller = new AbortController();
    const reason = new Error('no longer');
    const givenUp = assert.rejects(stage.client.map('m', controller), reason);
    const [request] = (await stage.channel.asked()) as [DocumentedRequest];
    controller.abort(reason);
    await givenUp;
    const { request_id: id } = request;
    stage.channel.say({ kind: 'response', id, ok: true, result: contents });
    assert.deepEqual((await stage.answer('unsubscribe', {})).params, { subscription_id: 's1' });
    assert.equal(stage.client.stats().subscriptions, 0);
    await stage.end();
  });

  it('leaves nothing on the server where parts are to come', async () => {
    const stage = new Stage();
    const controller = new AbortController();
    const reason = new Error('no longer');
    const givenUp = assert.rejects(stage.client.map('m', controller), reason);
    await stage.answer('map.attach', { ...contents, more: true });
    controller.abort(reason);
    await givenUp;
    const asked = await stage.channel.asked();
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['map.read', 'unsubscribe'],
    );
    assert.equal(stage.client.stats().subscriptions, 0);
    await stage.end();
  });

  it('does so in time, for each who waits, and has no timer left when nobody does', async (t) => {
    const clock = FakeClock.of(t);
    const stage = new Stage();
    const outcomes = [
      assert.rejects(stage.client.map('m', { timeout: 500 }), code('TIMEOUT')),
      assert.rejects(stage.client.map('m', { timeout: 100 }), code('TIMEOUT')),
      stage.client.map('m', { timeout: 2_000 }),
    ] as const;
    await stage.answer('map.attach', { ...contents, more: true });
    clock.pass(100);
    await outcomes[1];
    clock.pass(399);
    assert.equal(stage.client.stats().subscriptions, 1);
    clock.pass(1);
    await outcomes[0];
    // The last one has time, and asks for itself.
    await endOfTurn();
    const asked = await stage.channel.asked();
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['map.read', 'unsubscribe', 'map.attach'],
    );
    const { request_id: id } = asked.at(-1) as DocumentedRequest;
    stage.channel.say({ kind: 'response', id, ok: true, result: { ...contents, subscription_id: 's2' } });
    assert.equal((await outcomes[2]).get('k'), 1);
    for (const { request_id } of asked.slice(0, 2))
      stage.channel.say({ kind: 'response', id: request_id, ok: true, result: {} });
    await endOfTurn();
    assert.equal(clock.holding, 0);
    await stage.end();
    assert.equal(clock.size, 0);
  });

  it('since it closes is told so', async () => {
    const stage = new Stage();
    const loading = assert.rejects(stage.client.map('m'), code('CLOSED'));
    await stage.answer('map.attach', { ...contents, more: true });
    const closed = stage.client.close();
    const [{ request_id: id }] = (await stage.channel.asked()) as [DocumentedRequest];
    stage.channel.say({ kind: 'response', id, ok: true, result: { ...contents, part: 1, more: true } });
    await Promise.all([loading, closed]);
  });
});
