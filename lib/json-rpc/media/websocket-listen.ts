/**
 * WebSockets as a source of pipes: on an HTTP server that is there, or on one of their own. Lets browsers in only
 * from pages that are listed.
 */
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocketServer } from 'ws';
import { debugLog } from '../../debug.js';
import { PubSubError } from '../../errors.js';
import { countedAddress } from './address.js';
import type { TextHost, TextSource } from '../text-channel.js';
import { WebSocketChannel } from './websocket-channel.js';
import { loadWs } from './ws.js';

const log = debugLog('json-rpc');

export interface WebSocketListenOptions {
  /**
   * An HTTP or HTTPS server to attach to, whoever else uses it; it is neither started nor closed. Without it there
   * will be one of our own, at `port`.
   */
  readonly server?: Pick<Server, 'on' | 'off' | 'listenerCount'>;
  /** To listen at where there is no `server`: 0 for any that is free. */
  readonly port?: number;
  /** Default `'127.0.0.1'`: this machine only. */
  readonly host?: string;
  /** Default `'/'`. Upgrades of other paths are left to others. */
  readonly path?: string;
  /**
   * The origins whose pages may connect, such as `https://app.example`. Default: none. Programs other than browsers
   * send no origin, and are known by their id alone.
   */
  readonly origins?: readonly string[];
  /**
   * By what a client is counted for `connectionsPerAddress`. Default: the address of its socket, which behind a proxy
   * is the proxy's; take it from a header then that the proxy sets.
   */
  readonly addressOf?: (request: IncomingMessage) => string | undefined;
}

export interface WebSocketSource extends TextSource {
  /** At which a server of our own listens; `undefined` while it does not. */
  readonly port: number | undefined;
}

/**
 * Where a server listens for WebSockets. Needs the package `ws`.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for bad options; at the start, `ERR_PUBSUB_UNSUPPORTED` without `ws`.
 */
export function listen(options: WebSocketListenOptions): WebSocketSource {
  return new Source(check(options));
}

interface Checked {
  readonly server: WebSocketListenOptions['server'];
  readonly port: number;
  readonly host: string;
  readonly path: string;
  readonly origins: ReadonlySet<string>;
  readonly addressOf: (request: IncomingMessage) => string | undefined;
}

class Source implements WebSocketSource {
  readonly name = 'websocket';
  readonly #options: Checked;
  readonly #open = new Set<Promise<void>>();
  #host: TextHost | undefined;
  #webSockets: WebSocketServer | undefined;
  /** Of our own. */
  #server: Server | undefined;
  #clients = 0;

  constructor(options: Checked) {
    this.#options = options;
  }

  get port(): number | undefined {
    const address = this.#server?.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  async start(host: TextHost): Promise<void> {
    const { WebSocketServer } = await loadWs();
    const maxPayload = Math.max(host.limits.frameBytes, host.limits.unknownFrameBytes);
    this.#webSockets = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload,
    });
    this.#host = host;
    if (this.#options.server === undefined) await this.#listen(host);
    else this.#options.server.on('upgrade', this.#onUpgrade);
  }

  async close(): Promise<void> {
    this.#host = undefined;
    this.#options.server?.off('upgrade', this.#onUpgrade);
    const server = this.#server;
    if (server !== undefined) {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    }
    await Promise.all(this.#open);
  }

  async #listen(host: TextHost): Promise<void> {
    const { connections, identifyTime } = host.limits;
    const times = {
      headersTimeout: identifyTime,
      requestTimeout: identifyTime, // which must not be the shorter one
      connectionsCheckingInterval: Math.min(identifyTime, 30_000),
    };
    const server = createServer(times, (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    server.maxConnections = connections;
    server.on('drop', () => host.turnedAway('connections'));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') host.turnedAway('identifyTime');
      socket.destroy();
    });
    server.on('upgrade', this.#onUpgrade);
    this.#server = server;
    const { port, host: name } = this.#options;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: name, exclusive: true }, () => {
        server.off('error', reject);
        server.on('error', (error) => log('cannot accept: %s', error.message));
        resolve();
      });
    });
  }

  readonly #onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const host = this.#host;
    const { path, origins, server, addressOf } = this.#options;
    if ((request.url ?? '').split('?', 1)[0] !== path) {
      const count = (unwanted.get(request) ?? 0) + 1;
      unwanted.set(request, count);
      if (server === undefined || server.listenerCount('upgrade') === count) refuse(socket, 404);
      return;
    }
    if (host === undefined) {
      refuse(socket, 503);
      return;
    }
    const { origin } = request.headers;
    if (origin !== undefined && !origins.has(origin)) {
      host.turnedAway('origins');
      log('refused a page of origin %j', origin);
      refuse(socket, 403);
      return;
    }
    let address: string | undefined;
    try {
      address = countedAddress(addressOf(request));
    } catch (error) {
      log('addressOf failed: %s', error instanceof Error ? error.message : String(error));
      refuse(socket, 400);
      return;
    }
    const refusal = host.refusal(address);
    if (refusal !== undefined) {
      host.turnedAway(refusal);
      log('refused to connect %s: %s', address, refusal);
      refuse(socket, refusal === 'connections' ? 503 : 429);
      return;
    }
    // Synchronous, and so in the turn in which it was not refused.
    this.#webSockets?.handleUpgrade(request, socket, head, (webSocket) => {
      const channel = new WebSocketChannel(webSocket, host.limits.frameTime);
      channel.watch(socket);
      channel.handlers = host.accept(channel, {
        label: `websocket client ${++this.#clients} (${address ?? 'unknown'})`,
        address,
      });
      const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()));
      this.#open.add(closed);
      void closed.then(() => this.#open.delete(closed));
    });
  };
}

/** By how many sources an upgrade was not wanted: where that is all who listen, nobody else will answer. */
const unwanted = new WeakMap<IncomingMessage, number>();

/** Answers an upgrade that is not to be. */
function refuse(socket: Duplex, status: 400 | 403 | 404 | 429 | 503): void {
  socket.on('error', () => undefined);
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  );
}

function check(options: WebSocketListenOptions): Checked {
  const { server, port, host = '127.0.0.1', path = '/', origins = [], addressOf } = options;
  if (server === undefined && (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535)) {
    throw invalid('webSocket.listen() needs a server to attach to, or a port from 0 to 65535');
  }
  if (server !== undefined && (port !== undefined || typeof server.on !== 'function')) {
    throw invalid('webSocket.listen() takes an HTTP server or a port, not both');
  }
  if (typeof host !== 'string' || host === '')
    throw invalid('host must be the name or the address of an interface');
  if (typeof path !== 'string' || !/^\/[^?#]*$/.test(path)) {
    throw invalid('path must begin with a slash, and have no query');
  }
  for (const origin of origins) {
    if (!isOrigin(origin))
      throw invalid('each of origins must be like https://app.example: scheme, host, port if any');
  }
  if (addressOf !== undefined && typeof addressOf !== 'function')
    throw invalid('addressOf must be a function');
  return {
    server,
    port: port ?? 0,
    host,
    path,
    origins: new Set(origins),
    addressOf: addressOf ?? ((request) => request.socket.remoteAddress),
  };
}

function isOrigin(origin: unknown): boolean {
  return (
    typeof origin === 'string' &&
    URL.canParse(origin) &&
    new URL(origin).origin === origin &&
    origin !== 'null'
  );
}

function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
