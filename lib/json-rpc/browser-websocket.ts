/**
 * A client's WebSocket in a browser.
 */
import type { DialHandlers, TextChannel, TextDialer } from './text-channel.js';
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

class BrowserWebSocket implements TextChannel {
  #webSocket: NativeWebSocket | undefined;

  constructor(href: string, handlers: DialHandlers) {
    try {
      const { WebSocket } = globalThis as unknown as { WebSocket: new (url: string) => NativeWebSocket };
      this.#webSocket = new WebSocket(href);
    } catch (error) {
      // An https page may not open ws://, for one.
      queueMicrotask(() => handlers.closed(error as Error));
      return;
    }
    this.#webSocket.onopen = () => handlers.opened();
    this.#webSocket.onmessage = ({ data }) => {
      const text = typeof data === 'string' ? data : '\u{fffd}'; // no text, and so no JSON
      if (text.length > handlers.frameBytes) handlers.exceeded('frameBytes');
      else handlers.receive([text]);
    };
    this.#webSocket.onclose = ({ code, reason }) => {
      handlers.closed(new Error(`the WebSocket was closed with ${code}${reason && `: ${reason}`}`));
    };
  }

  get backlog(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  send(texts: readonly string[]): void {
    if (this.#webSocket?.readyState !== open) return;
    for (const text of texts) this.#webSocket.send(text);
  }

  close(): void {
    const webSocket = this.#webSocket;
    if (webSocket === undefined) return;
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
}

const open = 1;
