/**
 * A WebSocket of the `ws` package as a pipe of texts, one a message; on the server and on the client.
 */
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { corkForTurn } from './cork.js';
import { FrameMeter } from './frame-meter.js';
import { lingerTime } from './line-socket.js';
import type { TextChannel, TextHandlers } from '../text-channel.js';
import { toFrames } from './websocket-frames.js';
import { noText } from './ws.js';

const asText = { binary: false, compress: false } as const;

export class WebSocketChannel implements TextChannel {
  handlers: TextHandlers | undefined;
  readonly #webSocket: WebSocket;
  readonly #frameTime: number;
  readonly #meter = new FrameMeter();
  /** Below it, on the server. */
  #socket: Duplex | undefined;
  #isOver = false;
  #error: Error | undefined;
  #frameTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param frameTime in milliseconds, for a message from its beginning to its end. */
  constructor(webSocket: WebSocket, frameTime: number) {
    this.#webSocket = webSocket;
    this.#frameTime = frameTime;
    webSocket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    webSocket.on('ping', () => this.#heard());
    webSocket.on('pong', () => this.#heard());
    webSocket.on('error', (error: Error & { code?: string }) => {
      this.#error = error;
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#exceeded('frameBytes');
    });
    webSocket.on('close', (code, reason) => {
      this.#stopFrame();
      if (!this.#isOver) {
        this.#isOver = true;
        const text = reason.toString();
        this.handlers?.closed(
          this.#error ?? new Error(`it closed its WebSocket with ${code}${text && `: ${text}`}`),
        );
      }
      this.handlers?.gone?.();
    });
  }

  get backlog(): number {
    return this.#webSocket.bufferedAmount;
  }

  /**
   * Watches what arrives before it makes a message: `ws` itself has one limit for all, and none of time.
   *
   * @param socket below it.
   */
  watch(socket: Duplex): void {
    this.#socket = socket;
    socket.on('drain', () => {
      if (!this.#isOver) this.handlers?.drained?.();
    });
    // After ws has read it, as a message that it completes may raise the limit.
    socket.on('data', (chunk: Buffer) => {
      if (this.#meter.read(chunk)) this.#stopFrame();
      const { handlers } = this;
      if (this.#isOver || handlers === undefined) return;
      if (this.#meter.length > handlers.frameBytes) this.#exceeded('frameBytes');
      else this.#watchFrame();
    });
  }

  send(texts: readonly string[]): void {
    if (this.#isOver) return;
    const socket = this.#socket;
    if (socket === undefined) {
      // With a callback, the failure of a send is told there and not thrown. The end comes as an event of its own.
      for (const text of texts) this.#webSocket.send(text, asText, () => undefined);
    } else if (this.#webSocket.readyState === this.#webSocket.OPEN) {
      // Past ws, which would make each message a write of its own.
      corkForTurn(socket);
      socket.write(toFrames(texts));
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#over();
    this.#webSocket.resume();
    this.#webSocket.close(1000);
    const timer = setTimeout(() => this.#webSocket.terminate(), lingerTime).unref();
    this.#webSocket.once('close', () => clearTimeout(timer));
  }

  destroy(): void {
    this.#over();
    this.#webSocket.terminate();
  }

  pause(): void {
    this.#webSocket.pause();
    this.#stopFrame();
  }

  resume(): void {
    this.#webSocket.resume();
    this.#watchFrame();
  }

  ping(): void {
    this.#webSocket.ping(undefined, undefined, () => undefined);
  }

  #receive(data: RawData, isBinary: boolean): void {
    const { handlers } = this;
    if (this.#isOver || handlers === undefined) return;
    const bytes = data as Buffer; // as ws gives it, unless it is asked for another type
    if (bytes.length > handlers.frameBytes) this.#exceeded('frameBytes');
    else handlers.receive([isBinary ? noText : bytes.toString()]);
  }

  /** A ping or a pong. */
  #heard(): void {
    if (!this.#isOver) this.handlers?.heard?.();
  }

  #exceeded(limit: 'frameBytes' | 'frameTime'): void {
    if (!this.#isOver) this.handlers?.exceeded(limit);
  }

  #watchFrame(): void {
    if (!this.#meter.isInMessage || this.#isOver) return;
    this.#frameTimer ??= setTimeout(() => this.#exceeded('frameTime'), this.#frameTime).unref();
  }

  #stopFrame(): void {
    clearTimeout(this.#frameTimer);
    this.#frameTimer = undefined;
  }

  #over(): void {
    this.#isOver = true;
    this.#stopFrame();
  }
}
