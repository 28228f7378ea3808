/** One connection among others: who it is, one answer to each request, and that its trouble stays its own. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { PubSubError, Server, type ClientInfo, type Limits } from 'clustercast';
import type { Columns } from '#lib/protocol/columns.js';
import { code } from '../support/codes.js';
import { FakeAdapter, type FakePeer } from '../support/fake-adapter.js';
import { endOfTurn } from '../support/turn.js';

const secret = 'secret-0123456789';
const open: Server[] = [];

interface Options {
  readonly isTrusted?: boolean;
  readonly clients?: readonly ClientInfo[];
  readonly limits?: Partial<Limits>;
  readonly prepare?: (server: Server) => void;
}

async function start({ isTrusted = true, clients = [], limits = {}, prepare }: Options = {}): Promise<{
  server: Server;
  adapter: FakeAdapter;
}> {
  const adapter = new FakeAdapter({ isTrusted });
  const server = new Server([adapter], { limits });
  for (const client of clients) server.registerClient(client);
  prepare?.(server);
  await server.start();
  open.push(server);
  return { server, adapter };
}

function publish(peer: FakePeer, columns: Columns): void {
  peer.say({ kind: 'publishes', first: 1, columns });
}

const e = (...values: string[]): Columns => ({
  names: ['e'],
  values: `[${values.join(',')}]`,
  lengths: values.map(({ length }) => length),
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.close()));
});

describe('who a connection is', () => {
  it('is told at the handshake, or by its first request', async () => {
    const { adapter } = await start({ isTrusted: false, clients: [{ id: secret }] });
    const [early, late] = [adapter.connect(secret), adapter.connect()];
    assert.deepEqual([early.accepted.clientId, late.accepted.clientId], [secret, undefined]);
    assert.equal((await late.ask('subscribe', { event_name: 'e' }, secret)).result?.['client_id'], secret);
    assert.equal(late.accepted.clientId, secret);
    // From then on it need not say so again.
    assert.equal((await late.ask('subscribe', { event_name: 'e' })).status, true);
  });

  it('is nobody where it is not trusted and says nothing', async () => {
    const { server, adapter } = await start({ isTrusted: false, clients: [{ id: secret }] });
    const peer = adapter.connect();
    for (const method of ['publish', 'subscribe', 'unsubscribe', 'nope']) {
      const params = { event_name: 'e', value: 1, subscription_id: '1' };
      assert.equal((await peer.ask(method, params)).code, 'ERR_PUBSUB_UNAUTHORIZED', method);
    }
    publish(peer, e('1', '2'));
    await endOfTurn();
    assert.deepEqual(
      peer.responses.slice(-2).map(({ code: refusal }) => refusal),
      Array(2).fill('ERR_PUBSUB_UNAUTHORIZED'),
    );
    assert.deepEqual([server.stats().published, server.stats().refused], [0, 6]);
    // It may still say who it is.
    assert.equal((await peer.ask('publish', { event_name: 'e', value: 1 }, secret)).status, true);
  });

  it('cannot be changed where the handshake told it', async () => {
    const { adapter } = await start({ clients: [{ id: secret }, { id: 'another-0123456789' }] });
    const peer = adapter.connect(secret);
    const refused = await peer.ask('publish', { event_name: 'e', value: 1 }, 'another-0123456789');
    assert.deepEqual([refused.code, peer.accepted.clientId], ['ERR_PUBSUB_UNAUTHORIZED', secret]);
  });

  it('cannot be changed, once it has done something', async () => {
    const clients = [{ id: secret }, { id: 'another-0123456789' }];
    const { adapter } = await start({ isTrusted: false, clients });
    for (const peer of [adapter.connect(secret), adapter.connect()]) {
      assert.equal((await peer.ask('publish', { event_name: 'e', value: 1 }, secret)).status, true);
      const refused = await peer.ask('publish', { event_name: 'e', value: 1 }, 'another-0123456789');
      assert.equal(refused.code, 'ERR_PUBSUB_UNAUTHORIZED');
      assert.equal(peer.accepted.clientId, secret);
    }
  });

  it('cannot be guessed: a wrong id is refused at the handshake, and its connection is not kept', async () => {
    const { server, adapter } = await start({ clients: [{ id: secret }] });
    assert.throws(() => adapter.connect('guess-0123456789'), code('UNAUTHORIZED'));
    assert.deepEqual([server.stats().connections, server.stats().accepted], [0, 0]);
  });

  it('is never said in a refusal', async () => {
    const { adapter } = await start({ isTrusted: false, clients: [{ id: secret, canPublish: false }] });
    const peer = adapter.connect();
    await peer.ask('publish', { event_name: 'e', value: 1 }, secret);
    await peer.ask('publish', { event_name: 'e', value: 1 }, 'guess-0123456789');
    publish(peer, e('1'));
    await endOfTurn();
    assert.equal(peer.responses.filter(({ status }) => !status).length, 3);
    assert.doesNotMatch(JSON.stringify(peer.responses), /0123456789/);
  });
});

describe('the answers of a connection', () => {
  it('leave together at the end of the turn, in the order of the requests, with the events between them', async () => {
    const { adapter } = await start();
    const [peer, other] = [adapter.connect(), adapter.connect()];
    peer.say({
      kind: 'request',
      id: 'a',
      clientId: undefined,
      method: 'subscribe',
      params: { event_name: 'e' },
    });
    publish(other, e('1'));
    peer.say({ kind: 'malformed', id: 'b', problem: 'nonsense' });
    assert.equal(peer.sent.length, 0);
    await endOfTurn();
    assert.equal(peer.sent.length, 1);
    assert.deepEqual(
      peer.sent[0]?.map(({ kind }) => kind),
      ['response', 'events', 'response'],
    );
  });

  it('leave at once where there are many, or much', async () => {
    const { adapter } = await start({ limits: { batchMessages: 3, batchLength: 100 } });
    const [many, much, other] = [adapter.connect(), adapter.connect(), adapter.connect()];
    await much.ask('subscribe', { event_name: 'e' });
    const malformed = { kind: 'malformed', id: '1', problem: 'nonsense' } as const;
    many.say(malformed, malformed);
    assert.equal(many.sent.length, 0);
    many.say(malformed);
    assert.equal(many.sent.length, 1);
    many.say(malformed, malformed);
    assert.equal(many.sent.length, 1);
    publish(other, e(JSON.stringify('x'.repeat(50))));
    assert.equal(much.sent.length, 1);
    publish(other, e(JSON.stringify('x'.repeat(50))));
    assert.deepEqual([much.sent.length, much.events.length], [2, 2]);
    publish(other, e('1'));
    assert.equal(much.sent.length, 2);
    await endOfTurn();
    assert.deepEqual([many.sent.length, much.sent.length], [2, 3]);
  });

  it('leave at once also where it is an answer that is much', async () => {
    const { adapter } = await start({
      limits: { batchLength: 100 },
      prepare: (server) =>
        server.addMethod('m', (_caller, _identity, { length }) => ({ text: 'x'.repeat(Number(length)) })),
    });
    const peer = adapter.connect();
    const ask = (id: string, length: number): void =>
      peer.say({ kind: 'request', id, clientId: undefined, method: 'm', params: { length } });
    ask('1', 60);
    assert.equal(peer.sent.length, 0);
    ask('2', 60);
    assert.equal(peer.sent.length, 1);
    ask('3', 200);
    assert.equal(peer.sent.length, 2);
    ask('4', 1);
    assert.equal(peer.sent.length, 2);
    await endOfTurn();
  });

  it('refuse what is wrong in a batch of publishes, and only that', async () => {
    const { adapter, server } = await start({ limits: { valueLength: 5, eventNameLength: 3 } });
    const [peer, other] = [adapter.connect(), adapter.connect()];
    for (const event_name of ['e', 'f']) await other.ask('subscribe', { event_name });
    const names = ['e', 'long', 'f'];
    publish(peer, { names, index: [0, 1, 2, 0], values: '[1,2,3,"long"]', lengths: [1, 1, 1, 6] });
    await endOfTurn();
    assert.deepEqual(
      peer.responses.map(({ request_id, status, code: refusal }) => [request_id, status, refusal]),
      [
        ['1', true, undefined],
        ['2', false, 'ERR_PUBSUB_INVALID_ARGUMENT'],
        ['3', true, undefined],
        ['4', false, 'ERR_PUBSUB_LIMIT'],
      ],
    );
    assert.deepEqual(other.events, [
      ['e', 1],
      ['f', 3],
    ]);
    assert.deepEqual([server.stats().published, server.stats().refused], [2, 2]);
  });

  it('tell the code and the text that a method throws, and nothing of an error that is not ours', async () => {
    const leaks = [
      new Error(`the password is ${secret}`),
      Object.assign(new Error(secret), { code: 'ERR_PUBSUB_LIMIT' }),
      Object.assign(new Error('own'), { name: 'PubSubError', code: secret }),
      new PubSubError(secret as 'ERR_PUBSUB_LIMIT', secret),
      secret,
      { code: 'ERR_PUBSUB_LIMIT', message: secret },
      undefined,
      null,
    ];
    const { adapter } = await start({
      prepare: (server) => {
        server.addMethod('ours', () => {
          throw new PubSubError('ERR_PUBSUB_LIMIT', 'no more');
        });
        server.addMethod('leak', (_caller, _identity, { position }) => {
          // oxlint-disable-next-line typescript/only-throw-error -- an application's method may
          throw leaks[Number(position)];
        });
      },
    });
    const peer = adapter.connect();
    const { request_id: _, ...ours } = await peer.ask('ours');
    assert.deepEqual(ours, { status: false, code: 'ERR_PUBSUB_LIMIT', error_message: 'no more' });
    for (const position of leaks.keys()) {
      const { request_id: _id, ...answer } = await peer.ask('leak', { position });
      assert.deepEqual(answer, {
        status: false,
        code: 'ERR_PUBSUB_PROTOCOL',
        error_message: 'the server failed to carry out the request',
      });
    }
  });

  it('hold what a method returns, for the one who called it', async () => {
    const { adapter } = await start({
      clients: [{ id: secret, canPublish: false }],
      prepare: (server) =>
        server.addMethod('wing::who', ({ label }, identity, params) => ({ label, identity, params })),
    });
    const { result } = await adapter.connect(secret).ask('wing::who', { a: [1] });
    const identity = { clientId: secret, canPublish: false, canSubscribe: true };
    assert.deepEqual(result, { label: 'peer 1', identity, params: { a: [1] }, client_id: secret });
  });
});

describe('the end of a connection', () => {
  it('takes its subscriptions with it, at once', async () => {
    const { server, adapter } = await start();
    const [leaving, staying] = [adapter.connect(), adapter.connect()];
    for (const event_name of ['e', 'e', 'f']) await leaving.ask('subscribe', { event_name });
    await staying.ask('subscribe', { event_name: 'e' });
    leaving.leave();
    leaving.leave();
    const { connections, subscriptions, events } = server.stats();
    assert.deepEqual([connections, subscriptions, events], [1, 1, 1]);
    assert.equal((await staying.ask('publish', { event_name: 'e', value: 1 })).result?.['listeners'], 0);
  });

  it('is the end of its requests: what it still says is not heard, and it is told nothing', async () => {
    const { server, adapter } = await start();
    const [peer, other] = [adapter.connect(), adapter.connect()];
    await peer.ask('subscribe', { event_name: 'e' });
    const { length } = peer.sent;
    publish(other, e('1'));
    peer.leave();
    publish(peer, e('2'));
    await endOfTurn();
    assert.deepEqual([peer.sent.length, server.stats().published], [length, 1]);
  });

  it('by the server, in the middle of its own request, is the last that it is told', async () => {
    const { adapter, server } = await start({
      prepare: (prepared) => {
        prepared.addMethod('close', () => {
          void server.close();
          return {};
        });
      },
    });
    const peer = adapter.connect();
    peer.say({ kind: 'request', id: '1', clientId: undefined, method: 'close', params: {} });
    await endOfTurn();
    assert.deepEqual([peer.isClosed, peer.sent], [true, []]);
  });

  it('comes where its channel throws, and hurts nobody else', async () => {
    const { server, adapter } = await start();
    const peers = [adapter.connect(), adapter.connect(), adapter.connect()] as const;
    const [first, broken, last] = peers;
    const publisher = adapter.connect();
    for (const peer of peers) await peer.ask('subscribe', { event_name: 'e' });
    broken.sendError = new Error('third-party channel');
    publish(publisher, e('1'));
    await endOfTurn();
    for (const peer of [first, last]) assert.deepEqual(peer.events, [['e', 1]]);
    assert.equal(publisher.responses.at(-1)?.result?.['listeners'], 3);
    assert.deepEqual([broken.isClosed, first.isClosed, server.stats().connections], [true, false, 3]);
    const again = await publisher.ask('publish', { event_name: 'e', value: 2 });
    assert.equal(again.result?.['listeners'], 2);
  });

  it('comes where its channel does not even close, and the server closes all the others', async () => {
    const { server, adapter } = await start();
    const peers = [adapter.connect(), adapter.connect(), adapter.connect()] as const;
    for (const peer of peers) await peer.ask('subscribe', { event_name: 'e' });
    peers[0].closeError = peers[1].closeError = new Error('third-party channel');
    peers[0].sendError = new Error('third-party channel');
    assert.deepEqual((await peers[2].ask('publish', { event_name: 'e', value: 1 })).result?.['listeners'], 2);
    assert.equal(server.stats().connections, 2);
    await server.close();
    assert.deepEqual([peers[2].isClosed, server.stats().connections], [true, 0]);
  });

  it('comes in the middle of a batch where its channel throws then, and the batch is counted and delivered', async () => {
    const { adapter } = await start({ limits: { batchLength: 1 } });
    const peers = [adapter.connect(), adapter.connect(), adapter.connect()] as const;
    const publisher = adapter.connect();
    for (const peer of peers)
      for (const event_name of ['e', 'f']) await peer.ask('subscribe', { event_name });
    peers[0].sendError = new Error('third-party channel');
    publish(publisher, { names: ['e', 'f'], index: [0, 1], values: '[1,2]', lengths: [1, 1] });
    await endOfTurn();
    for (const peer of peers.slice(1))
      assert.deepEqual(peer.events, [
        ['e', 1],
        ['f', 2],
      ]);
    assert.deepEqual(
      publisher.responses.map(({ result }) => result?.['listeners']),
      [3, 3],
    );
  });

  it('is not what a publisher can bring upon a subscriber, by a value that is no JSON', async () => {
    const { adapter } = await start();
    const [subscriber, publisher] = [adapter.connect(), adapter.connect()];
    await subscriber.ask('subscribe', { event_name: 'e' });
    publish(publisher, e('}'));
    await endOfTurn();
    assert.equal(subscriber.isClosed, false);
    const { result } = await publisher.ask('publish', { event_name: 'e', value: 'next' });
    assert.equal(result?.['listeners'], 1);
    assert.deepEqual(subscriber.events.at(-1), ['e', 'next']);
  });

  it('makes room for another one, where connections are limited', async () => {
    const { server, adapter } = await start({ limits: { connections: 2 } });
    const [one] = [adapter.connect(), adapter.connect()];
    assert.throws(() => adapter.connect(), code('LIMIT'));
    one.leave();
    adapter.connect();
    assert.throws(() => adapter.connect(), code('LIMIT'));
    assert.deepEqual([server.stats().connections, server.stats().accepted], [2, 3]);
  });
});
