/** WebSockets on a server: its options, which upgrades are its own, and who is let in. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect as connectSocket } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { defaultLimits, type Limits } from 'clustercast';
import {
  webSocket,
  type TextChannel,
  type TextHost,
  type TextPeer,
  type WebSocketListenOptions,
  type WebSocketSource,
} from 'clustercast/json-rpc';
import { code } from '../../support/codes.js';
import { FakeSocket } from '../../support/fake-socket.js';
import { FakeHandlers } from '../../support/text-channel.js';
import { endOfTurn } from '../../support/turn.js';
import { within } from '../../support/until.js';

/** A host that takes everybody in, or refuses for the limit that it is told. */
class FakeHost implements TextHost {
  readonly limits: Limits;
  readonly asked: (string | undefined)[] = [];
  readonly peers: TextPeer[] = [];
  readonly channels: TextChannel[] = [];
  readonly away: string[] = [];
  limit: 'connections' | 'connectionsPerAddress' | undefined;

  constructor(limits: Partial<Limits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
  }

  refusal(address: string | undefined): FakeHost['limit'] {
    this.asked.push(address);
    return this.limit;
  }

  accept(channel: TextChannel, peer: TextPeer): FakeHandlers {
    this.channels.push(channel);
    this.peers.push(peer);
    return new FakeHandlers();
  }

  turnedAway(limit: string): void {
    this.away.push(limit);
  }
}

interface UpgradeOptions {
  readonly origin?: string;
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Has `server` asked for an upgrade, and gives the socket. */
async function upgrade(
  server: Server,
  url: string | undefined,
  { origin, address = '10.0.0.1', headers = {} }: UpgradeOptions = {},
): Promise<FakeSocket> {
  const socket = new FakeSocket(address);
  const handshake = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
    'sec-websocket-version': '13',
  };
  const from = origin === undefined ? {} : { origin };
  const request = { method: 'GET', url, headers: { ...handshake, ...from, ...headers }, socket };
  server.emit('upgrade', request, socket, Buffer.alloc(0));
  await endOfTurn();
  return socket;
}

/** The status with which an upgrade was answered; `undefined` where nobody has. */
function status(socket: FakeSocket): number | undefined {
  const [, number] = /^HTTP\/1\.1 (\d+) /.exec(socket.text) ?? [];
  return number === undefined ? undefined : Number(number);
}

interface Attached {
  readonly server: Server;
  readonly host: FakeHost;
  readonly source: WebSocketSource;
}

async function attach(
  t: TestContext,
  options: Partial<WebSocketListenOptions> = {},
  server = createServer(),
): Promise<Attached> {
  const host = new FakeHost();
  const source = webSocket.listen({ server, path: '/sync', ...options });
  await source.start(host);
  t.after(async () => {
    for (const channel of host.channels) channel.destroy();
    await source.close();
  });
  return { server, host, source };
}

describe('the options of a WebSocket source', () => {
  it('are a server or a port, not both', () => {
    const server = createServer();
    for (const there of [server, createTlsServer()])
      assert.equal(webSocket.listen({ server: there }).name, 'websocket');
    for (const port of [0, 65_535]) assert.equal(webSocket.listen({ port }).port, undefined);
    for (const options of [{}, { port: -1 }, { port: 65_536 }, { port: 1.5 }, { port: '1' }, { port: null }])
      assert.throws(() => webSocket.listen(options as { port: number }), code('INVALID_ARGUMENT'));
    for (const options of [{ server, port: 0 }, { server: {} }, { server: 7 }])
      assert.throws(() => webSocket.listen(options as { port: number }), code('INVALID_ARGUMENT'));
  });

  it('are a host, a path, origins, and what tells an address', () => {
    const good = { host: '::1', path: '/a/b', origins: ['http://a', 'https://b:8443'], addressOf: () => 'a' };
    assert.doesNotThrow(() => webSocket.listen({ port: 0, ...good }));
    for (const options of [
      { host: '' },
      { host: 7 },
      { path: '' },
      { path: 'sync' },
      { path: '/a?b' },
      { path: '/a#b' },
      { path: 7 },
      { addressOf: 'header' },
      { origins: 'https://app.example' },
      ...[
        'https://a/',
        'https://a:443',
        'HTTPS://a',
        'a.example',
        '*',
        'null',
        'https://a/b',
        'file:///a',
        '',
        7,
      ].map((origin) => ({ origins: ['https://good.example', origin] })),
    ] as Partial<WebSocketListenOptions>[])
      assert.throws(
        () => webSocket.listen({ port: 0, ...options }),
        code('INVALID_ARGUMENT'),
        JSON.stringify(options),
      );
  });
});

describe('an upgrade', () => {
  it('of the path is taken in, whatever its query, each with a name of its own', async (t) => {
    const { server, host } = await attach(t);
    for (const url of ['/sync', '/sync?token=1']) assert.equal(status(await upgrade(server, url)), 101);
    assert.deepEqual(host.peers, [
      { label: 'websocket client 1 (10.0.0.1)', address: '10.0.0.1' },
      { label: 'websocket client 2 (10.0.0.1)', address: '10.0.0.1' },
    ]);
  });

  it('of another path is answered with 404 where nobody else would', async (t) => {
    const { server, host } = await attach(t);
    for (const url of ['/', '/sync/', '/Sync', '/other?a=/sync', undefined]) {
      const socket = await upgrade(server, url);
      assert.deepEqual([status(socket), socket.destroyed], [404, true], url);
    }
    assert.deepEqual([host.asked, host.peers], [[], []]);
  });

  it('of another path is left alone where somebody else listens, and ours is ours', async (t) => {
    const { server, host } = await attach(t);
    const foreign: unknown[] = [];
    server.on('upgrade', ({ url }: IncomingMessage) => foreign.push(url));
    const socket = await upgrade(server, '/theirs');
    assert.deepEqual([socket.text, socket.destroyed, socket.writable], ['', false, true]);
    assert.equal(status(await upgrade(server, '/sync')), 101);
    assert.deepEqual([foreign, host.peers.length], [['/theirs', '/sync'], 1]);
  });

  it('reaches the one of several sources whose path it is', async (t) => {
    const server = createServer();
    const sources = [await attach(t, { path: '/a' }, server), await attach(t, { path: '/b' }, server)];
    for (const [position, path] of ['/a', '/b'].entries()) {
      assert.equal(status(await upgrade(server, path)), 101);
      assert.deepEqual(
        sources.map(({ host }) => host.peers.length),
        position === 0 ? [1, 0] : [1, 1],
      );
    }
  });

  it('that none of several sources wants is answered with 404 by one of them', async (t) => {
    const server = createServer();
    for (const path of ['/a', '/b', '/c']) await attach(t, { path }, server);
    const socket = await upgrade(server, '/d');
    assert.deepEqual([socket.text.match(/HTTP/g)?.length, status(socket), socket.destroyed], [1, 404, true]);
    server.on('upgrade', () => undefined);
    assert.equal((await upgrade(server, '/d')).text, '');
  });

  it('of a page is taken in where its origin is listed, and else answered with 403', async (t) => {
    const { server, host } = await attach(t, { origins: ['https://app.example', 'http://a:81'] });
    for (const origin of ['https://app.example', 'http://a:81', undefined])
      assert.equal(status(await upgrade(server, '/sync', origin === undefined ? {} : { origin })), 101);
    assert.deepEqual(host.away, []);
    const foreign = [
      'null',
      '',
      'https://evil.example',
      'http://app.example',
      'https://app.example.evil',
      'http://a',
    ];
    for (const origin of foreign) {
      const socket = await upgrade(server, '/sync', { origin });
      assert.deepEqual([status(socket), socket.destroyed], [403, true], origin);
    }
    assert.deepEqual([host.away, host.peers.length], [Array(foreign.length).fill('origins'), 3]);
  });

  it('of a page is refused where no origin is listed', async (t) => {
    const { server } = await attach(t);
    assert.equal(status(await upgrade(server, '/sync', { origin: 'http://localhost' })), 403);
  });

  it('beyond a limit is answered with which kind it is, and counted', async (t) => {
    const { server, host } = await attach(t);
    for (const [limit, answer] of [
      ['connections', 503],
      ['connectionsPerAddress', 429],
    ] as const) {
      host.limit = limit;
      const socket = await upgrade(server, '/sync');
      assert.deepEqual([status(socket), socket.destroyed, host.away.pop()], [answer, true, limit]);
    }
    assert.deepEqual(host.peers, []);
  });

  it('counts by the first half of an IPv6 address, or by what the application knows', async (t) => {
    const plain = await attach(t);
    await upgrade(plain.server, '/sync', { address: '2001:db8::7' });
    assert.deepEqual(plain.host.asked, ['2001:db8:0:0::/64']);
    const proxied = await attach(t, {
      addressOf: ({ headers }) => headers['x-real-ip'] as string | undefined,
    });
    await upgrade(proxied.server, '/sync', { headers: { 'x-real-ip': '::ffff:10.1.2.3' } });
    await upgrade(proxied.server, '/sync');
    assert.deepEqual(proxied.host.asked, ['10.1.2.3', undefined]);
    assert.deepEqual(
      proxied.host.peers.map(({ address }) => address),
      ['10.1.2.3', undefined],
    );
    assert.match(proxied.host.peers[1]?.label ?? '', /\(unknown\)$/);
  });

  it('whose address the application fails to tell is answered with 400, and raises nothing', async (t) => {
    for (const failure of [new Error('no header'), 'no header']) {
      const { server, host } = await attach(t, {
        addressOf: () => {
          throw failure as Error;
        },
      });
      assert.deepEqual([status(await upgrade(server, '/sync')), host.peers], [400, []]);
    }
  });

  it('that is none is answered by ws, and takes nobody in', async (t) => {
    const { server, host } = await attach(t);
    const socket = await upgrade(server, '/sync', { headers: { 'sec-websocket-version': '99' } });
    assert.deepEqual([status(socket), host.peers], [400, []]);
  });

  it('that is refused raises nothing where its socket fails', async (t) => {
    const { server } = await attach(t);
    const socket = await upgrade(server, '/other');
    assert.doesNotThrow(() => socket.emit('error', new Error('reset')));
  });
});

describe('a source on a server that is there', () => {
  it('listens from its start to its end, and leaves the server as it was', async (t) => {
    const server = createServer();
    const source = webSocket.listen({ server, path: '/sync' });
    assert.equal(server.listenerCount('upgrade'), 0);
    await source.close();
    const attached = await attach(t, {}, server);
    assert.deepEqual([server.listenerCount('upgrade'), attached.source.port], [1, undefined]);
    await attached.source.close();
    assert.equal(server.listenerCount('upgrade'), 0);
    const socket = await upgrade(server, '/sync');
    assert.equal(socket.text, '');
  });

  it('has ended when its last pipe has', async (t) => {
    const { server, host, source } = await attach(t);
    const socket = await upgrade(server, '/sync');
    let isClosed = false;
    const closed = source.close()?.then(() => (isClosed = true));
    await endOfTurn();
    assert.equal(isClosed, false);
    host.channels[0]?.destroy();
    await closed;
    assert.equal(socket.destroyed, true);
  });
});

describe('a source with a server of its own', () => {
  it('ends who does not ask for an upgrade in time, or asks for nonsense', async () => {
    const host = new FakeHost({ identifyTime: 100 });
    const source = webSocket.listen({ port: 0 });
    await source.start(host);
    const port = source.port ?? 0;
    const slow = connectSocket({ port }).on('error', () => undefined);
    slow.write('GET / HTTP/1.1\r\n');
    const wrong = connectSocket({ port }).on('error', () => undefined);
    wrong.write('nonsense\r\n\r\n');
    await within(Promise.all([once(slow, 'close'), once(wrong, 'close')]), 'both ends');
    assert.deepEqual(host.away, ['identifyTime']);
    await source.close();
  });

  it('takes no more connections than the limit, and counts the others', async () => {
    const host = new FakeHost({ connections: 1 });
    const source = webSocket.listen({ port: 0 });
    await source.start(host);
    const port = source.port ?? 0;
    const first = connectSocket({ port });
    await once(first, 'connect');
    const second = connectSocket({ port }).on('error', () => undefined);
    await within(once(second, 'close'), 'the end of the second');
    assert.deepEqual(host.away, ['connections']);
    first.destroy();
    await source.close();
  });

  it('tells its port, and answers what is no upgrade with 426', async () => {
    const source = webSocket.listen({ port: 0, path: '/sync' });
    await source.start(new FakeHost());
    assert.ok((source.port ?? 0) > 0);
    const { port } = source;
    const asked = httpRequest({ port, path: '/sync' }).end();
    const [response] = (await within(once(asked, 'response'), 'an answer')) as [IncomingMessage];
    response.resume();
    assert.deepEqual([response.statusCode, response.headers.upgrade], [426, 'websocket']);
    const headers = { connection: 'upgrade', upgrade: 'websocket' };
    const other = httpRequest({ port, path: '/other', headers }).end();
    const [refusal] = (await within(once(other, 'response'), 'a refusal')) as [IncomingMessage];
    refusal.resume();
    assert.equal(refusal.statusCode, 404);
    await source.close();
    assert.equal(source.port, undefined);
  });

  it('does not start where somebody listens already', async () => {
    const first = webSocket.listen({ port: 0 });
    await first.start(new FakeHost());
    const second = webSocket.listen({ port: first.port ?? 0 });
    await assert.rejects(async () => second.start(new FakeHost()), { code: 'EADDRINUSE' });
    await second.close();
    await first.close();
  });
});
