/**
 * A server of routes that answer JSON: finds the route, answers failures with the right status, ends in order.
 * Knows nothing of what is served.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HttpError, type Answer, type Route } from './http.js';

/** How long connections may stay open once the server is to close, in milliseconds. */
const grace = 2_000;

type Headers = Readonly<Record<string, string>>;

export class JsonServer {
  readonly #routes: readonly Route[];
  readonly #headers: Headers;
  readonly #running = new Set<Promise<void>>();
  readonly #http: Server;
  #requests = 0;

  /** @param headers go with every answer. */
  constructor(routes: readonly Route[], headers: Headers = {}) {
    this.#routes = routes;
    this.#headers = headers;
    this.#http = createServer((request, response) => {
      this.#requests += 1;
      const run = this.#run(request, response).finally(() => this.#running.delete(run));
      this.#running.add(run);
    });
    // Who asks ends an idle connection, so that no request meets one that is being ended.
    this.#http.keepAliveTimeout = 0;
  }

  /** How many have come. */
  get requests(): number {
    return this.#requests;
  }

  /** Listens on the loopback interface. @returns the port: a free one for 0. */
  async listen(port: number): Promise<number> {
    this.#http.listen(port, '127.0.0.1');
    await once(this.#http, 'listening');
    return (this.#http.address() as AddressInfo).port;
  }

  /** Takes no more connections; resolves when every request that came has been carried out. */
  async close(): Promise<void> {
    this.#http.close();
    setTimeout(() => this.#http.closeAllConnections(), grace).unref();
    await once(this.#http, 'close');
    // Also for those who have hung up meanwhile: what they began is carried out.
    await Promise.all(this.#running);
  }

  async #run(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status = 200, headers, body, sent } = await this.#answer(request);
    const text = `${JSON.stringify(body)}\n`;
    response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
      ...this.#headers,
      ...headers,
    });
    response.end(text, sent);
  }

  /** Never rejects. */
  async #answer(request: IncomingMessage): Promise<Answer> {
    try {
      const { route, name } = this.#find(request);
      return await route.handle([name], request);
    } catch (error) {
      if (error instanceof HttpError) {
        return { status: error.status, headers: error.headers, body: { error: error.message } };
      }
      // Whoever has hung up in the middle of a body is no failure of ours.
      if (!request.readableAborted) console.error(`${request.method} ${request.url} failed:`, error);
      return { status: 500, body: { error: 'something failed here' } };
    }
  }

  #find({ method, url = '/' }: IncomingMessage): { route: Route; name: string } {
    const [path = '/'] = url.split('?', 1);
    const allowed: string[] = [];
    for (const route of this.#routes) {
      const match = route.path.exec(path);
      if (match === null) continue;
      if (route.method === method) return { route, name: match[1] ?? '' };
      allowed.push(route.method);
    }
    if (allowed.length === 0) throw new HttpError(404, `there is nothing at ${path}`);
    throw new HttpError(405, `${path} takes ${allowed.join(' and ')}`, { allow: allowed.join(', ') });
  }
}
