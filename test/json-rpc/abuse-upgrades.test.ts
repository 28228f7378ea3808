/** Who is let in over a WebSocket, by the answer to the request to upgrade; with a server of its own, and attached to one. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server as HttpServer,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, it } from 'node:test';
import { Server, type Limits } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, webSocket, type WebSocketListenOptions } from 'clustercast/json-rpc';
import { linePeer } from '../support/abuse-peer.js';
import { knownId } from '../support/abuse-stage.js';
import { freePort } from '../support/media.js';
import { until, within } from '../support/until.js';

type Options = Omit<WebSocketListenOptions, 'port' | 'server'>;
type Open = (options: Options, limits?: Partial<Limits>) => Promise<Place>;

interface Place {
  readonly server: Server;
  readonly port: number;
  /** The status of the answer to a request to upgrade; a connection that is made is closed again. */
  readonly ask: (headers?: Record<string, string | string[]>, path?: string) => Promise<number | undefined>;
}

const openings: Record<string, Open> = {
  'a server of its own': async (options, limits = {}) => {
    const port = await freePort();
    return open(webSocket.listen({ port, ...options }), limits, port);
  },
  'a server that is attached to': async (options, limits = {}) => {
    const { http, port } = await attachable();
    return open(webSocket.listen({ server: http, ...options }), limits, port);
  },
};

const endings: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).toReversed()) await within(end(), 'what was opened is closed');
});

for (const [name, place] of Object.entries(openings)) {
  describe(`requests to upgrade to ${name}`, () => {
    it('are taken from pages that are listed, and from programs', async () => {
      const origins = ['https://app.example', 'http://localhost:3000'];
      const { server, ask } = await place({ origins });
      for (const origin of origins) assert.equal(await ask({ origin }), 101);
      assert.equal(await ask(), 101);
      assert.deepEqual(server.stats().turnedAway, {});
    });

    it('are refused from all other pages with a 403, and counted', async () => {
      const { server, ask } = await place({ origins: ['https://app.example'] });
      const foreign = [
        ...['null', '', '*', 'https://evil.example', 'http://app.example', 'https://app.example:8443'],
        ...['https://app.example.evil.example', 'https://evil.example/https://app.example'],
        ...['https://APP.EXAMPLE', 'https://app.example/', 'app.example', 'https://app.example, null'],
      ];
      for (const origin of foreign) assert.equal(await ask({ origin }), 403, origin);
      // Who says two is not believed the second.
      assert.equal(await ask({ origin: ['https://evil.example', 'https://app.example'] }), 403);
      assert.deepEqual(server.stats().turnedAway, { origins: foreign.length + 1 });
      await until(() => sockets() === 0, 'the refused connections are closed');
    });

    it('are refused from every page where none is listed', async () => {
      const { ask } = await place({});
      for (const origin of ['null', 'http://localhost', 'http://127.0.0.1']) {
        assert.equal(await ask({ origin }), 403);
      }
    });

    it('are answered with a 404 at another path, if nobody else would', async () => {
      const { server, ask } = await place({ path: '/sync' });
      for (const path of ['/', '/sync/', '/syncs', '/SYNC', '//sync', '/%73ync']) {
        assert.equal(await ask({}, path), 404, path);
      }
      assert.equal(await ask({}, '/sync?token=1'), 101);
      assert.deepEqual(server.stats().turnedAway, {});
    });

    it('are refused with a 429 beyond what one address may have, as it is told', async () => {
      const options = { addressOf: addressByHeader };
      const { server, port, ask } = await place(options, { connectionsPerAddress: 2 });
      const clients = ['192.0.2.1', '::ffff:192.0.2.1', '2001:db8::1', '2001:db8::2'].map((address) =>
        client(port, from(address)),
      );
      await Promise.all(clients.map(({ ready }) => ready));
      assert.equal(await ask(from('192.0.2.1')), 429);
      assert.equal(await ask(from('2001:db8:0:0:ffff::')), 429, 'of one IPv6 network');
      assert.deepEqual(server.stats().turnedAway, { connectionsPerAddress: 2 });
      assert.equal(await ask(from('192.0.2.2')), 101);
      assert.equal(await ask(from('2001:db8:0:1::')), 101);
      await clients[0]?.close();
      await until(async () => (await ask(from('192.0.2.1'))) === 101, 'there is room again');
    });

    it('that have no address that could be told from are refused, and hurt nobody', async () => {
      const { server, ask } = await place({ addressOf: noAddress });
      assert.equal(await ask(), 400);
      assert.deepEqual(server.stats().turnedAway, {});
    });

    it('that are none, or of another version, are refused', async () => {
      const { port, ask } = await place({});
      assert.equal(await ask({ 'sec-websocket-key': 'short' }), 400);
      assert.equal(await ask({ 'sec-websocket-version': '7' }), 400);
      assert.equal(await ask({ upgrade: 'h2c' }), 400);
      const peer = await linePeer({ port });
      peer.socket.write('this is no HTTP\r\n\r\n');
      await until(() => peer.hasEnded, 'it is ended');
    });
  });
}

it('beyond what a server may have, one that it is attached to answers with a 503', async () => {
  const { server, port, ask } = await (openings['a server that is attached to'] as Open)(
    {},
    { connections: 2 },
  );
  const clients = [client(port), client(port)];
  await Promise.all(clients.map(({ ready }) => ready));
  assert.equal(await ask(), 503);
  assert.deepEqual(server.stats().turnedAway, { connections: 1 });
});

it('another path of a server that others use is left to them', async () => {
  const { http, port } = await attachable();
  const left: string[] = [];
  http.on('upgrade', ({ url }, socket) => {
    if (url === '/sync') return;
    left.push(url ?? '');
    socket.end('HTTP/1.1 418 Teapot\r\nContent-Length: 0\r\n\r\n');
  });
  const { ask } = await open(webSocket.listen({ server: http, path: '/sync' }), {}, port);
  assert.equal(await ask({}, '/other'), 418);
  assert.deepEqual(left, ['/other']);
  assert.equal(await ask({}, '/sync'), 101);
});

it('one that is not to be upgraded is told so by a server of its own', async () => {
  const { port } = await (openings['a server of its own'] as Open)({});
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(response.status, 426);
  assert.equal(response.headers.get('upgrade'), 'websocket');
});

function from(address: string): Record<string, string> {
  return { 'x-forwarded-for': address };
}

function addressByHeader({ headers }: IncomingMessage): string | undefined {
  return headers['x-forwarded-for']?.toString();
}

function noAddress(): string {
  throw new Error('no such header');
}

async function attachable(): Promise<{ http: HttpServer; port: number }> {
  const http = createServer((_request, response) => response.writeHead(404).end()).listen(0, '127.0.0.1');
  await once(http, 'listening');
  endings.push(() => {
    http.closeAllConnections();
    return new Promise((resolve) => http.close(resolve));
  });
  return { http, port: (http.address() as AddressInfo).port };
}

async function open(
  source: ReturnType<typeof webSocket.listen>,
  limits: Partial<Limits>,
  port: number,
): Promise<Place> {
  const server = new Server([new JsonRpcAdapter(source)], { limits }).registerClient({ id: knownId });
  await server.start();
  endings.push(() => server.close());
  return {
    ...{ server, port },
    ask: (headers = {}, path = '/') => statusOf(port, headers, path),
  };
}

function client(port: number, headers: Record<string, string> = {}): JsonRpcClient {
  const opened = new JsonRpcClient(knownId, webSocket.connect(`ws://127.0.0.1:${port}`, { headers }));
  endings.push(() => opened.close());
  return opened;
}

/** Both ends of each. */
function sockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;
}

function statusOf(
  port: number,
  headers: Record<string, string | string[]>,
  path: string,
): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const all = {
      ...{ connection: 'upgrade', upgrade: 'websocket' },
      ...{ 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' },
      ...headers,
    };
    const request = httpRequest({ host: '127.0.0.1', port, path, headers: all, agent: false });
    request.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve(statusCode);
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end();
  });
}
