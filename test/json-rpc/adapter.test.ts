/** The adapter: one session for each pipe of its source, counted, and ended with the server. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Server, type Limits } from 'clustercast';
import { JsonRpcAdapter, type TextSource } from 'clustercast/json-rpc';
import { code } from '../support/codes.js';
import { FakeClock } from '../support/fake-clock.js';
import { FakeText } from '../support/text-channel.js';
import { hello, notify, request } from '../support/text-session.js';
import { FakeSource } from '../support/text-source.js';
import { timers } from '../support/timers.js';
import { endOfTurn } from '../support/turn.js';

const secret = 'secret-0123456789';

interface Started {
  readonly source: FakeSource;
  readonly adapter: JsonRpcAdapter;
  readonly server: Server;
}

async function start(t: TestContext, isTrusted = true, limits: Partial<Limits> = {}): Promise<Started> {
  const source = new FakeSource();
  const adapter = new JsonRpcAdapter(source, { isTrusted });
  const server = new Server([adapter], { limits });
  server.registerClient({ id: secret });
  t.after(() => server.close());
  await server.start();
  return { source, adapter, server };
}

describe('an adapter', () => {
  it('is named after its source, and trusts nobody unless it is told to', () => {
    const source = new FakeSource();
    const adapter = new JsonRpcAdapter(source);
    assert.deepEqual([adapter.name, adapter.isTrusted], ['json-rpc (test)', false]);
    assert.equal(new JsonRpcAdapter(source, { isTrusted: true }).isTrusted, true);
  });

  it('needs a source, and a boolean', () => {
    const none = [undefined, null, {}, { start: () => undefined }, { close: () => undefined }, 7];
    for (const source of none as unknown as TextSource[])
      assert.throws(() => new JsonRpcAdapter(source), code('INVALID_ARGUMENT'));
    for (const isTrusted of ['true', 1, null] as unknown as boolean[])
      assert.throws(() => new JsonRpcAdapter(new FakeSource(), { isTrusted }), code('INVALID_ARGUMENT'));
  });

  it('starts its source with the limits of the server, and closes it', async (t) => {
    const { source, server } = await start(t, true, { jsonDepth: 7 });
    assert.equal(source.host?.limits.jsonDepth, 7);
    assert.deepEqual(source.calls, ['start']);
    await server.close();
    assert.deepEqual(source.calls, ['start', 'close']);
  });

  it('that was not started can be closed, and leaves no timer where its source does not start', async () => {
    const before = timers();
    const idle = new FakeSource();
    await new JsonRpcAdapter(idle).close();
    assert.deepEqual(idle.calls, ['close']);
    const failing = new FakeSource();
    failing.onStart = () => Promise.reject(new Error('in use'));
    const server = new Server([new JsonRpcAdapter(failing, { isTrusted: true })]);
    await assert.rejects(server.start(), /in use/);
    assert.deepEqual([failing.calls, timers()], [['start', 'close'], before]);
  });
});

describe('the connections of an adapter', () => {
  it('are clients of the server, each its own', async (t) => {
    const { source, server } = await start(t);
    const [one, other] = [source.connect(), source.connect()];
    one.handlers.receive([JSON.stringify(request(1, 'subscribe', { event_name: 'e' }))]);
    other.handlers.receive([JSON.stringify(notify('r', 'publish', { event_name: 'e', value: [1] }))]);
    await endOfTurn();
    const answers = [one.text.frames(), other.text.frame()] as const;
    assert.equal(answers[0].length, 2);
    assert.deepEqual(answers[0][1], {
      jsonrpc: '2.0',
      method: 'event',
      params: { event_name: 'e', value: [1] },
    });
    assert.equal(Reflect.get(answers[1].params?.['result'] ?? {}, 'listeners'), 1);
    assert.equal(server.stats().connections, 2);
    one.handlers.closed();
    assert.equal(server.stats().connections, 1);
  });

  it('are told the same, byte for byte, of a wrong id and of none', async (t) => {
    const { source } = await start(t, false);
    const answers: string[][] = [];
    for (const client_id of [undefined, null, 'wrong', 'wrong-but-just-as-long'.slice(0, secret.length)]) {
      for (const first of [
        hello({ client_id }),
        request(1, 'publish', { client_id }),
        notify('r', 'm', { client_id }),
      ]) {
        const { text, handlers } = source.connect();
        handlers.receive([JSON.stringify(first)]);
        await endOfTurn();
        answers.push(text.sent.flat());
        handlers.closed();
      }
    }
    assert.equal(answers.length, 12);
    for (let form = 0; form < 3; form++) {
      const same = new Set(answers.filter((_, position) => position % 3 === form).flat());
      assert.equal(same.size, 1, [...same].join());
      assert.match([...same].join(), /ERR_PUBSUB_UNAUTHORIZED/);
    }
  });

  it('may be as many as the limit, in all, whether they have said something or not, until nothing is left of them', async (t) => {
    const { source } = await start(t, true, { connections: 2 });
    const peers = [source.connect('a'), source.connect()];
    for (const address of ['a', 'b', undefined]) assert.equal(source.refusal(address), 'connections');
    peers[0]?.handlers.closed();
    assert.equal(source.refusal('b'), 'connections');
    peers[0]?.handlers.gone?.();
    assert.equal(source.refusal('b'), undefined);
    source.connect('b');
    assert.equal(source.refusal('c'), 'connections');
  });

  it('may be as many as the limit from one address, where there is such a thing', async (t) => {
    const { source } = await start(t, true, { connectionsPerAddress: 2 });
    const peers = [source.connect('a'), source.connect('a'), source.connect('b')];
    for (let i = 0; i < 3; i++) source.connect(undefined);
    assert.deepEqual(
      ['a', 'b', undefined].map((address) => source.refusal(address)),
      ['connectionsPerAddress', undefined, undefined],
    );
    peers[1]?.handlers.closed();
    assert.equal(source.refusal('a'), 'connectionsPerAddress');
    peers[1]?.handlers.gone?.();
    assert.equal(source.refusal('a'), undefined);
    source.connect('a');
    assert.equal(source.refusal('a'), 'connectionsPerAddress');
  });

  it('may be one from each address where the limit is one, and any number without', async (t) => {
    const { source } = await start(t, true, { connectionsPerAddress: 1 });
    for (const address of ['a', 'b', undefined, undefined]) {
      assert.equal(source.refusal(address), undefined);
      source.connect(address);
    }
    assert.equal(source.refusal('a'), 'connectionsPerAddress');
  });

  it('that were turned away are counted by the server', async (t) => {
    const { source, server } = await start(t, true, { jsonDepth: 1 });
    source.host?.turnedAway('origins');
    source.host?.turnedAway('connections');
    source.connect().handlers.receive(['[[[]]]']);
    assert.deepEqual(server.stats().turnedAway, { origins: 1, connections: 1, jsonDepth: 1 });
  });

  it('are asked for a sign of life at intervals', async (t) => {
    const clock = FakeClock.of(t);
    const { source, server } = await start(t, true, { silenceTime: 50 });
    const peers = [source.connect('a', new FakeText({ hasPing: true })), source.connect('b')];
    assert.equal(clock.holding, 0);
    clock.pass(49);
    assert.deepEqual(peers[0]?.text.calls, []);
    clock.pass(51);
    assert.deepEqual(
      peers.map(({ text }) => text.calls),
      [['ping', 'destroy'], []],
    );
    // It is not asked again.
    clock.pass(500);
    assert.equal(peers[0]?.text.calls.length, 2);
    await server.close();
    assert.equal(clock.size, 0);
  });

  it('are closed with the server, also those that have said nothing', async (t) => {
    const before = timers();
    const { source, server } = await start(t, false);
    const [silent, client] = [source.connect(), source.connect()];
    client.handlers.receive([JSON.stringify(hello({ client_id: secret }))]);
    client.handlers.receive([JSON.stringify(request(1, 'publish', { event_name: 'e', value: 1 }))]);
    await server.close();
    // What was to be said is said before.
    assert.deepEqual(
      client.text.frames().map((frame) => Reflect.get(frame, 'id') as unknown),
      ['hello', 1],
    );
    assert.deepEqual([silent.text.calls, client.text.calls], [['close'], ['close']]);
    assert.deepEqual([server.stats().connections, timers()], [0, before]);
  });
});
