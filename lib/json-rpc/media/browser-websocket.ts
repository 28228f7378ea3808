/**
 * A client's WebSocket in a browser.
 */
import type { DialHandlers, TextChannel, TextDialer } from '../text-channel.js';
import { checkUrl } from './websocket-url.js';

/**
 * How a page connects by WebSocket.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for what is no address with `ws:` or `wss:`.
 */
export function connect(url: string | URL): TextDialer {
  const { href, target } = checkUrl(url);
  return { target, open: (handlers) => new BrowserWebSocket(href, handlers) };
}

/** The part of the browser's WebSocket that is needed, which Node.js's types do not have. */
interface NativeWebSocket {
  readonly bufferedAmount: number;
  readonly readyState: number;
  onopen: (() => void) | null;
  onmessage: ((message: { readonly data: unknown }) => void) | null;
  onclose: ((close: { readonly code: number; readonly reason: string }) => void) | null;
  send(text: string): void;
  close(): void;
}

/** What a page hears when it is left; a worker never does, and other programs may not even ask. */
interface PageEvents {
  addEventListener?(type: 'pagehide', listener: (event: { readonly persisted: boolean }) => void): void;
  removeEventListener?(type: 'pagehide', listener: (event: { readonly persisted: boolean }) => void): void;
}

const page = globalThis as PageEvents;

class BrowserWebSocket implements TextChannel {
  readonly #handlers: DialHandlers;
  #webSocket: NativeWebSocket | undefined;
  #isOver = false;

  constructor(href: string, handlers: DialHandlers) {
    this.#handlers = handlers;
    try {
      const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => NativeWebSocket };
      this.#webSocket = new WebSocket(href);
    } catch (error) {
      // An https page may not open ws://, for one.
      queueMicrotask(() => {
        if (!this.#isOver) handlers.closed(error as Error);
      });
      return;
    }
    this.#webSocket.onopen = () => handlers.opened();
    this.#webSocket.onmessage = ({ data }) => {
      const text = typeof data === 'string' ? data : '\u{fffd}'; // no text, and so no JSON
      if (text.length > handlers.frameBytes) handlers.exceeded('frameBytes');
      else handlers.receive([text]);
    };
    this.#webSocket.onclose = ({ code, reason }) => {
      page.removeEventListener?.('pagehide', this.#left);
      handlers.closed(new Error(`the WebSocket was closed with ${code}${reason && `: ${reason}`}`));
    };
    page.addEventListener?.('pagehide', this.#left);
  }

  get backlog(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  send(texts: readonly string[]): void {
    if (this.#webSocket?.readyState !== open) return;
    for (const text of texts) this.#webSocket.send(text);
  }

  close(): void {
    this.#isOver = true;
    const webSocket = this.#webSocket;
    if (webSocket === undefined) return;
    page.removeEventListener?.('pagehide', this.#left);
    webSocket.onopen = webSocket.onmessage = webSocket.onclose = null;
    webSocket.close();
  }

  /** A browser knows one way only. */
  destroy(): void {
    this.close();
  }

  /** A page cannot keep its browser from reading. */
  pause(): void {}

  resume(): void {}

  /**
   * A page that is left may be kept, stopped, to be shown again at once. Chromium keeps its connection as well, and
   * answers pings on it: the server would hold the subscriptions, and count a listener, for minutes.
   */
  readonly #left = ({ persisted }: { readonly persisted: boolean }): void => {
    if (!persisted) return;
    this.close();
    this.#handlers.closed(new Error('the page was left'));
  };
}

const open = 1;
