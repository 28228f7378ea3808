/** The server's life: what must come before the start, the start itself, and every way to close. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deferred } from '#lib/client/deferred.js';
import type { ClientInfo } from '#lib/server/access.js';
import { Server } from '#lib/server/server.js';
import { code } from '../support/codes.js';
import { FakeAdapter } from '../support/fake-adapter.js';

const secret = 'secret-0123456789';

describe('before the start', () => {
  it('a server takes adapters, clients and methods, each once', () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]).registerClient({ id: 'a' }).addMethod('m', () => ({}));
    assert.throws(() => server.addAdapter(adapter), code('INVALID_ARGUMENT'));
    assert.throws(() => new Server([adapter, adapter]), code('INVALID_ARGUMENT'));
    assert.throws(() => server.registerClient({ id: 'a' }), code('INVALID_ARGUMENT'));
    for (const name of ['m', 'publish', 'subscribe', 'unsubscribe']) {
      assert.throws(() => server.addMethod(name, () => ({})), code('INVALID_ARGUMENT'), name);
    }
  });

  it('a server refuses limits that are none', () => {
    assert.throws(() => new Server([], { limits: { connections: 0 } }), code('INVALID_ARGUMENT'));
  });

  it('an id that is too short to be a secret and an adapter that is not trusted exclude each other', async () => {
    const short = '0123456789abcde';
    const untrusted = new FakeAdapter({ isTrusted: false });
    const withAdapter = new Server([new FakeAdapter(), untrusted]);
    assert.throws(() => withAdapter.registerClient({ id: short }), code('INVALID_ARGUMENT'));
    withAdapter.registerClient({ id: `${short}f` });
    const withClient = new Server([new FakeAdapter()]).registerClient({ id: short });
    assert.throws(() => withClient.addAdapter(untrusted), code('INVALID_ARGUMENT'));
    withClient.addAdapter(new FakeAdapter());
    await withClient.start();
    assert.deepEqual(untrusted.calls, []);
    await Promise.all([withClient.close(), withAdapter.close()]);
  });

  it('an id that is no string is refused as such, whatever the adapters', () => {
    for (const isTrusted of [true, false]) {
      const server = new Server([new FakeAdapter({ isTrusted })]);
      for (const id of [undefined, null, 7]) {
        const client = { id } as unknown as ClientInfo;
        assert.throws(() => server.registerClient(client), code('INVALID_ARGUMENT'), `trusted: ${isTrusted}`);
      }
    }
  });
});

describe('the start', () => {
  it('calls every adapter before it returns, and waits for all of them', async () => {
    const listens = deferred<void>();
    const slow = new FakeAdapter({ onStart: () => listens.promise });
    const quick = new FakeAdapter();
    const server = new Server([slow, quick]);
    let isStarted = false;
    const started = server.start().then(() => (isStarted = true));
    assert.deepEqual([slow.calls, quick.calls], [['start'], ['start']]);
    // What is accepted meanwhile is served.
    assert.equal((await quick.connect().ask('publish', { event_name: 'e', value: 1 })).status, true);
    assert.equal(isStarted, false);
    listens.resolve();
    await started;
    await server.close();
  });

  it('tells each adapter the same epoch, which is the server’s own', async () => {
    const adapters = [new FakeAdapter(), new FakeAdapter()];
    const server = new Server(adapters);
    await server.start();
    assert.deepEqual(
      adapters.map(({ host }) => host?.epoch),
      [server.epoch, server.epoch],
    );
    assert.equal(server.stats().epoch, server.epoch);
    assert.notEqual(new Server().epoch, server.epoch);
    await server.close();
  });

  it('needs an adapter, and may come after one was added', async () => {
    const server = new Server();
    await assert.rejects(server.start(), code('INVALID_ARGUMENT'));
    server.addAdapter(new FakeAdapter());
    await server.start();
    await server.close();
  });

  it('is final: nothing is added or granted after it, and nothing changes', async () => {
    const adapter = new FakeAdapter();
    const late = new FakeAdapter();
    const server = new Server([adapter]).registerClient({ id: secret, canPublish: false });
    await server.start();
    const assertFinal = async (): Promise<void> => {
      assert.throws(() => server.addAdapter(late), code('STARTED'));
      assert.throws(() => server.registerClient({ id: 'another-0123456789' }), code('STARTED'));
      assert.throws(() => server.addMethod('late', () => ({})), code('STARTED'));
      await assert.rejects(server.start(), code('STARTED'));
      assert.deepEqual([adapter.calls.filter((call) => call === 'start'), late.calls], [['start'], []]);
    };
    await assertFinal();
    assert.throws(() => adapter.connect('another-0123456789'), code('UNAUTHORIZED'));
    assert.equal((await adapter.connect().ask('late')).code, 'ERR_PUBSUB_UNSUPPORTED');
    await server.close();
    await assertFinal();
  });

  for (const how of ['throws', 'rejects'] as const) {
    it(`that fails because an adapter ${how} closes the others, and says why`, async () => {
      const error = new Error('no such port');
      const failing = new FakeAdapter({
        onStart: () => {
          if (how === 'throws') throw error;
          return Promise.reject(error);
        },
      });
      const [before, after] = [new FakeAdapter(), new FakeAdapter()];
      const server = new Server([before, failing, after]);
      const started = server.start();
      const early = before.connect();
      await assert.rejects(started, error);
      assert.deepEqual(
        [before.calls, after.calls],
        [
          ['start', 'close'],
          ['start', 'close'],
        ],
      );
      assert.equal(early.isClosed, true);
      await server.close();
      assert.deepEqual(failing.calls, ['start', 'close']);
    });
  }

  it('that fails says why even where another adapter then cannot close', async () => {
    const error = new Error('no such port');
    const stuck = new FakeAdapter({ onClose: () => Promise.reject(new Error('cannot close')) });
    const server = new Server([stuck, new FakeAdapter({ onStart: () => Promise.reject(error) })]);
    await assert.rejects(server.start(), error);
  });
});

describe('the close', () => {
  it('before the start ends the server for good', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    await server.close();
    await assert.rejects(server.start(), code('STARTED'));
    assert.deepEqual(adapter.calls, ['close']);
  });

  it('may come twice, and again, and closes each adapter once', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    await server.start();
    await Promise.all([server.close(), server.close()]);
    await server.close();
    await server[Symbol.asyncDispose]();
    assert.deepEqual(adapter.calls, ['start', 'close']);
  });

  it('during the start closes what was started', async () => {
    const listens = deferred<void>();
    const adapter = new FakeAdapter({ onStart: () => listens.promise });
    const server = new Server([adapter]);
    const started = server.start();
    const closed = server.close();
    listens.resolve();
    await Promise.all([started.catch(() => undefined), closed]);
    assert.deepEqual(adapter.calls, ['start', 'close']);
    assert.throws(() => adapter.connect(), code('CLOSED'));
  });

  it('says what is still to be said, then ends every connection', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    await server.start();
    const [one, two] = [adapter.connect(), adapter.connect()];
    await one.ask('subscribe', { event_name: 'e' });
    two.say({ kind: 'publishes', first: 1, columns: { names: ['e'], values: '["last"]', lengths: [6] } });
    const closed = server.close();
    assert.deepEqual([one.isClosed, two.isClosed], [true, true]);
    assert.deepEqual(one.events, [['e', 'last']]);
    assert.equal(two.responses.at(-1)?.result?.['listeners'], 1);
    await closed;
    const { connections, subscriptions, events } = server.stats();
    assert.deepEqual([connections, subscriptions, events], [0, 0, 0]);
  });

  it('is followed by nothing: no connection is accepted, no request is heard', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    await server.start();
    const peer = adapter.connect();
    await server.close();
    assert.throws(() => adapter.connect(), code('CLOSED'));
    peer.say({
      kind: 'request',
      id: '1',
      clientId: undefined,
      method: 'subscribe',
      params: { event_name: 'e' },
    });
    peer.leave();
    assert.deepEqual([peer.responses, server.stats().subscriptions], [[], 0]);
  });

  it('closes the other adapters where one cannot close, and says why', async () => {
    const error = new Error('cannot close');
    const stuck = new FakeAdapter({ onClose: () => Promise.reject(error) });
    const throwing = new FakeAdapter({
      onClose: () => {
        throw error;
      },
    });
    const last = new FakeAdapter();
    const server = new Server([stuck, throwing, last]);
    await server.start();
    await assert.rejects(server.close(), error);
    await assert.rejects(server.close(), error);
    for (const { calls } of [stuck, throwing, last]) assert.deepEqual(calls, ['start', 'close']);
  });
});

describe('the statistics of a server', () => {
  it('count what there is and what was done', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    await server.start();
    const [one, two, three] = [adapter.connect(), adapter.connect(), adapter.connect()];
    for (const peer of [one, two]) {
      for (const event_name of ['a', 'a', 'b']) await peer.ask('subscribe', { event_name });
    }
    const batch = { names: ['a', 'b', 'c'], index: [0, 1, 2], values: '[1,2,3]', lengths: [1, 1, 1] };
    three.say({ kind: 'publishes', first: 1, columns: batch });
    await one.ask('publish', { event_name: 'a', value: 1 });
    await three.ask('nope');
    three.leave();
    assert.deepEqual(server.stats(), {
      epoch: server.epoch,
      connections: 2,
      subscriptions: 6,
      events: 2,
      accepted: 3,
      published: 4,
      delivered: 5,
      missed: 0,
      gaps: 0,
      behind: 0,
      stale: 0,
      refused: 1,
      turnedAway: {},
    });
    await server.close();
  });
});
