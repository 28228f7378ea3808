/**
 * Serves the live page, on the loopback interface: a few files, and the WebSocket by which the page becomes a client
 * with an id of its own. The files hold no secret; without the id, which is in no file, they can do nothing.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { JsonRpcAdapter, webSocket } from 'clustercast/json-rpc';

/** Where the page's files are written, seen from where this one is compiled to; they are served as they are. */
const folder = new URL('../../../examples/http-replicas/page/', import.meta.url);
/** What `clustercast/browser/state` is: one module, which needs no bundler. */
const client = import.meta.resolve('clustercast/browser/state');

const html = 'text/html; charset=utf-8';
const css = 'text/css; charset=utf-8';
const script = 'text/javascript; charset=utf-8';

/** All that there is, by its path. */
const files = new Map<string, { readonly url: URL; readonly type: string }>([
  ['/', { url: new URL('page.html', folder), type: html }],
  ['/page.css', { url: new URL('page.css', folder), type: css }],
  ['/icon.svg', { url: new URL('icon.svg', folder), type: 'image/svg+xml' }],
  ['/clustercast-state.js', { url: new URL(client), type: script }],
  ['/clustercast-state.js.map', { url: new URL(`${client}.map`), type: 'application/json' }],
  ...['page', 'card', 'cards', 'controls', 'dom', 'format', 'own-flags', 'plot', 'stopwatch'].map(
    (name) => [`/${name}.js`, { url: new URL(`${name}.js`, folder), type: script }] as const,
  ),
]);

export class PageServer {
  /** Of the page, as a client: a secret. Another one each time. */
  readonly id = randomBytes(18).toString('base64url');
  readonly #http: Server;
  readonly #port: number;

  private constructor(http: Server) {
    this.#http = http;
    this.#port = (http.address() as AddressInfo).port;
    http.on('request', (request, response) => void this.#answer(request, response));
  }

  /** Resolves when it listens on `port`; 0 takes a free one. */
  static async listen(port: number): Promise<PageServer> {
    const http = createServer().listen(port, '127.0.0.1');
    await once(http, 'listening').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') throw error;
      throw new Error(
        `port ${port} of 127.0.0.1 is taken; choose another one with the environment variable PAGE_PORT`,
        { cause: error },
      );
    });
    return new PageServer(http);
  }

  /** With the id behind the `#`: a browser sends that part to nobody, and so to no log. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}/#${this.id}`;
  }

  /** By which the page connects. */
  adapter(): JsonRpcAdapter {
    const origins = this.#hosts.map((host) => `http://${host}`);
    return new JsonRpcAdapter(webSocket.listen({ server: this.#http, path: '/sync', origins }));
  }

  async close(): Promise<void> {
    this.#http.close();
    this.#http.closeAllConnections();
    await once(this.#http, 'close');
  }

  get #hosts(): string[] {
    return [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`];
  }

  /** Never rejects. */
  async #answer({ method, url = '/' }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '/'] = url.split('?', 1);
    const file = files.get(path);
    if (file === undefined) {
      this.#send(response, 404, 'text/plain', `There is nothing at ${path}.\n`);
    } else if (method !== 'GET' && method !== 'HEAD') {
      this.#send(response.setHeader('allow', 'GET, HEAD'), 405, 'text/plain', 'This can only be read.\n');
    } else {
      try {
        // Each time: who changes a file need only reload the page.
        this.#send(response, 200, file.type, await readFile(file.url));
      } catch (error) {
        console.error(`${path} cannot be served:`, error);
        this.#send(response, 500, 'text/plain', 'It cannot be read.\n');
      }
    }
  }

  #send(response: ServerResponse, status: number, type: string, body: string | Buffer): void {
    response.writeHead(status, {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-cache',
      'content-security-policy': this.#policy,
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(body);
  }

  /** Nothing but what comes from here; nothing inline; in nobody's frame. */
  get #policy(): string {
    // Not every browser takes ws: to the same host for 'self'.
    const sockets = this.#hosts.map((host) => `ws://${host}`).join(' ');
    return [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      `connect-src 'self' ${sockets}`,
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; ');
  }
}
