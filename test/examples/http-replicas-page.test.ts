/**
 * The demo's live page as it is served: its files and what they may do, who is refused, and its port. What it can
 * have the replicas do is in `http-replicas-live.test.ts`.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { JsonRpcClient, webSocket } from 'clustercast/json-rpc';
import { WebSocket } from 'ws';
import { PageClient, servedBy } from '../support/demo-page.js';
import { startExample, type Example } from '../support/example.js';
import { until, within } from '../support/until.js';

const demo = 'build/examples/http-replicas/demo.js';

describe('the live page of examples/http-replicas', { timeout: 120_000 }, () => {
  let example: Example;
  let service: string;
  let page: URL;
  let id: string;
  let client: PageClient;

  before(async () => {
    example = startExample([demo]);
    ({ service, page } = await servedBy(example));
    id = page.hash.slice(1);
    client = await PageClient.connect(page);
  });

  after(async () => {
    await client.close();
    await example.dispose();
  });

  describe('over HTTP', () => {
    const served: readonly [path: string, type: string, content: RegExp][] = [
      ['/', 'text/html; charset=utf-8', /<!doctype html>/],
      ['/?a=query', 'text/html; charset=utf-8', /<!doctype html>/],
      ['/page.css', 'text/css; charset=utf-8', /prefers-color-scheme: dark/],
      ['/page.js', 'text/javascript; charset=utf-8', /new JsonRpcClient/],
      ['/clustercast-state.js', 'text/javascript; charset=utf-8', /export\{/],
      ['/clustercast-state.js.map', 'application/json', /"mappings"/],
      ['/icon.svg', 'image/svg+xml', /<svg/],
    ];
    for (const [path, type, content] of served) {
      it(`serves ${path} as ${type}`, async () => {
        const { status, headers, body } = await fetchPath(page, path);
        assert.equal(status, 200);
        assert.equal(headers['content-type'], type);
        assert.equal(headers['x-content-type-options'], 'nosniff');
        assert.match(body, content);
      });
    }

    it('serves every module that the page imports', async () => {
      const modules = new Map<string, string>();
      const visit = async (path: string): Promise<void> => {
        if (modules.has(path)) return;
        const { status, headers, body } = await fetchPath(page, path);
        assert.equal(status, 200, path);
        assert.equal(headers['content-type'], 'text/javascript; charset=utf-8');
        modules.set(path, body);
        for (const [, name] of body.matchAll(/^import .* from '(.+)';$/gm)) {
          await visit(new URL(name as string, new URL(path, page)).pathname);
        }
      };
      await visit('/page.js');
      assert.ok(modules.size > 3);
      assert.ok(modules.has('/clustercast-state.js'));
      modules.delete('/clustercast-state.js');
      for (const [path, body] of modules) {
        // What replicas tell is text, never markup.
        assert.doesNotMatch(body, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b/, path);
      }
    });

    it('lets a page load nothing from elsewhere, run nothing inline, and be framed by nobody', async () => {
      const sockets = ['127.0.0.1', 'localhost'].map((host) => `ws://${host}:${page.port}`).join(' ');
      for (const path of ['/', '/page.js', '/unknown']) {
        const { headers } = await fetchPath(page, path);
        assert.deepEqual(String(headers['content-security-policy']).split('; '), [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "img-src 'self'",
          `connect-src 'self' ${sockets}`,
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
        ]);
        assert.equal(headers['access-control-allow-origin'], undefined);
      }
    });

    it('has no inline script, style or handler, and names no other host', async () => {
      const { body: html } = await fetchPath(page, '/');
      assert.match(html, /<script type="module" src="page\.js"><\/script>/);
      assert.equal(html.match(/<script/g)?.length, 1);
      assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|javascript:/);
      const { body: css } = await fetchPath(page, '/page.css');
      for (const file of [html, css]) assert.doesNotMatch(file, /\/\/|url\(|@import/);
    });

    it('holds its id in no file', async () => {
      for (const [path] of served) assert.ok(!(await fetchPath(page, path)).body.includes(id), path);
    });

    for (const path of [
      '/page.html',
      '/page.ts',
      '/tsconfig.json',
      '/sync',
      '//',
      '/%',
      '/../page-server.ts',
      '/page.js/..%2f..%2fdemo.ts',
      '/__proto__',
      '/favicon.ico',
    ]) {
      it(`answers 404 to ${path}`, async () => {
        assert.equal((await fetchPath(page, path)).status, 404);
      });
    }

    it('can only be read', async () => {
      const { status, headers } = await fetchPath(page, '/', 'POST');
      assert.equal(status, 405);
      assert.equal(headers['allow'], 'GET, HEAD');
      const head = await fetchPath(page, '/', 'HEAD');
      assert.deepEqual([head.status, head.body], [200, '']);
    });
  });

  describe('to whom it is open', () => {
    it('takes a WebSocket of its own origins, and of programs that have none', async () => {
      for (const origin of [`http://127.0.0.1:${page.port}`, `http://localhost:${page.port}`, undefined]) {
        assert.equal(await upgrade(page, '/sync', origin), 101, origin);
      }
    });

    it('refuses the WebSocket of a foreign page', async () => {
      const foreign = [
        'http://127.0.0.1',
        `https://127.0.0.1:${page.port}`,
        `http://127.0.0.1.example:${page.port}`,
        'https://app.example',
        'null',
        new URL(service).origin,
      ];
      for (const origin of foreign) assert.equal(await upgrade(page, '/sync', origin), 403, origin);
    });

    it('has one path for WebSockets', async () => {
      assert.equal(await upgrade(page, '/', undefined), 404);
    });

    it('says nothing to a client with another id', async () => {
      const stranger = new JsonRpcClient(`${id}x`, webSocket.connect(`ws://${page.host}/sync`));
      try {
        const refused = { code: 'ERR_PUBSUB_UNAUTHORIZED' };
        await assert.rejects(stranger.ready, refused);
        await assert.rejects(stranger.subscribe('replica::status'));
        await assert.rejects(stranger.publish('page::hello', null));
      } finally {
        await stranger.close();
      }
    });

    it('says nothing to a client without an id, and does nothing for it', async () => {
      const { pid } = client.status(client.living[0] as number);
      const stranger = new WebSocket(`ws://${page.host}/sync`);
      const heard: { method?: string; params?: { status?: boolean } }[] = [];
      stranger.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as (typeof heard)[0]));
      await once(stranger, 'open');
      try {
        const say = (request_id: string, method: string, params: object): void =>
          stranger.send(JSON.stringify({ jsonrpc: '2.0', method, params: { request_id, ...params } }));
        say('a', 'subscribe', { event_name: 'replica::status' });
        const kill = { command: 'c', replica: client.living[0] };
        say('b', 'publish', { event_name: 'page::kill', value: kill });
        const flag = { command: 'd', to: client.living[0], name: 'stolen', on: true };
        say('c', 'publish', { event_name: 'page::set-flag', value: flag });
        await until(() => heard.length >= 3 || stranger.readyState === WebSocket.CLOSED, 'the refusals');
        await client.nextStatuses();
        assert.ok(heard.every(({ method, params }) => method !== 'event' && params?.status === false));
        assert.equal(client.status(client.living[0] as number).pid, pid);
        assert.ok(client.living.every((replica) => client.flag(replica, 'stolen') === undefined));
      } finally {
        stranger.terminate();
      }
    });
  });
});

describe('the port of the live page', { timeout: 120_000 }, () => {
  it('is the one that is given, and the id another one each time', async () => {
    const ids: string[] = [];
    const port = await freedPort();
    for (let run = 0; run < 2; run += 1) {
      await running([demo], { PAGE_PORT: String(port) }, async (example) => {
        const { page } = await servedBy(example);
        assert.equal(page.port, String(port));
        assert.match(page.hash, /^#[\w-]{24}$/);
        ids.push(page.hash);
      });
    }
    assert.notEqual(ids[0], ids[1]);
  });

  it('may be taken, which is said, but not with --once, which has no page', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await running([demo], { PAGE_PORT: String(port) }, async (example) => {
        const { code, stdout, stderr } = await example.ended();
        assert.match(
          stderr,
          new RegExp(`^The demo failed: port ${port} of 127\\.0\\.0\\.1 is taken; .*PAGE_PORT`),
        );
        assert.deepEqual([code, stdout], [1, '']);
      });
      await running([demo, '--once'], { PAGE_PORT: String(port) }, async (example) => {
        const { code, stdout, stderr } = await example.ended();
        assert.deepEqual([code, stderr], [0, '']);
        assert.doesNotMatch(stdout, /page/);
      });
    } finally {
      other.close();
      await once(other, 'close');
    }
  });

  it('must be a port', async () => {
    await running([demo], { PAGE_PORT: '80a' }, async (example) => {
      const { code, stderr } = await example.ended();
      assert.match(stderr, /^The demo failed: PAGE_PORT must be a number from 0 to 65535, not "80a"/);
      assert.equal(code, 1);
    });
  });
});

interface Fetched {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks for a path exactly as it is written. */
function fetchPath({ hostname, port }: URL, path: string, method = 'GET'): Promise<Fetched> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, path, method, agent: false }, (response) => {
      const { statusCode: status, headers } = response;
      text(response).then((body) => resolve({ status, headers, body }), reject);
    });
    request.on('error', reject);
    request.end();
  });
}

/** The status with which a request to upgrade is answered. */
async function upgrade({ host }: URL, path: string, origin: string | undefined): Promise<number | undefined> {
  const socket = new WebSocket(`ws://${host}${path}`, origin === undefined ? {} : { origin });
  socket.on('error', () => undefined); // it is ended before it is open
  const answered = new Promise<number | undefined>((resolve) => {
    socket.once('upgrade', ({ statusCode }) => resolve(statusCode));
    socket.once('unexpected-response', (request, response) => {
      response.resume();
      request.destroy();
      resolve(response.statusCode);
    });
  });
  const status = await within(answered, `an answer to ${path}`);
  socket.terminate();
  return status;
}

/** A port at which nobody listens any more. */
async function freedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function running(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  use: (example: Example) => Promise<void>,
): Promise<void> {
  const example = startExample(args, env);
  try {
    await use(example);
  } finally {
    await example.dispose();
  }
}
