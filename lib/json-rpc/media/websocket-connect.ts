/**
 * A client's WebSocket in Node.js, by the `ws` package.
 */
import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';
import type { Limits } from '../../protocol/limits.js';
import type { DialHandlers, TextChannel, TextDialer } from '../text-channel.js';
import { WebSocketChannel } from './websocket-channel.js';
import { checkUrl } from './websocket-url.js';
import { loadWs } from './ws.js';

export interface WebSocketConnectOptions {
  /** Sent with the request to upgrade; such as what a proxy wants to see. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * How a client connects by WebSocket. Needs the package `ws`; in browsers there is `clustercast/browser`.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for what is no address with `ws:` or `wss:`.
 */
export function connect(url: string | URL, { headers = {} }: WebSocketConnectOptions = {}): TextDialer {
  const { href, target } = checkUrl(url);
  return { target, open: (handlers, limits) => new Dialing(href, headers, handlers, limits) };
}

/** A WebSocket from the wish for it on: the package is loaded first. */
class Dialing implements TextChannel {
  readonly #handlers: DialHandlers;
  #channel: WebSocketChannel | undefined;
  #socket: Socket | undefined;
  #isOver = false;
  #holdsProcess = true;

  constructor(
    href: string,
    headers: Readonly<Record<string, string>>,
    handlers: DialHandlers,
    limits: Limits,
  ) {
    this.#handlers = handlers;
    void this.#dial(href, headers, limits).catch((error: unknown) => {
      if (!this.#isOver) handlers.closed(error as Error);
    });
  }

  get backlog(): number {
    return this.#channel?.backlog ?? 0;
  }

  send(texts: readonly string[]): void {
    this.#channel?.send(texts);
  }

  close(): void {
    this.#isOver = true;
    this.#channel?.close();
  }

  destroy(): void {
    this.#isOver = true;
    this.#channel?.destroy();
  }

  pause(): void {
    this.#channel?.pause();
  }

  resume(): void {
    this.#channel?.resume();
  }

  ref(): void {
    this.#holdsProcess = true;
    this.#socket?.ref();
  }

  unref(): void {
    this.#holdsProcess = false;
    this.#socket?.unref();
  }

  async #dial(href: string, headers: Readonly<Record<string, string>>, limits: Limits): Promise<void> {
    const { WebSocket } = await loadWs();
    if (this.#isOver) return;
    const webSocket = new WebSocket(href, {
      headers,
      perMessageDeflate: false,
      maxPayload: limits.serverFrameBytes,
      finishRequest: (request: ClientRequest) => {
        request.once('socket', (socket) => this.#hold(socket));
        request.end();
      },
    });
    const channel = new WebSocketChannel(webSocket, limits.frameTime);
    channel.handlers = this.#handlers;
    this.#channel = channel;
    webSocket.once('upgrade', ({ socket }) => this.#hold(socket));
    webSocket.once('open', () => {
      if (!this.#isOver) this.#handlers.opened();
    });
  }

  #hold(socket: Socket): void {
    this.#socket = socket;
    if (!this.#holdsProcess) socket.unref();
  }
}
