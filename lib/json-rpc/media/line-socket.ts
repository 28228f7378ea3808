/**
 * A stream socket, TCP or Unix, as a pipe of texts, one a line; on the server and on the client.
 */
import type { Socket } from 'node:net';
import { corkForTurn } from './cork.js';
import { LineReader, toLines } from './lines.js';
import type { TextChannel, TextHandlers } from '../text-channel.js';

/** How long an ended pipe may take to hand over what was said, in milliseconds. */
export const lingerTime = 5_000;
/** After so long without traffic the system asks whether the other machine is still there, in milliseconds. */
const keepAliveTime = 30_000;

/** To be called in the turn that opened the socket, or before it is open. `handlers` may be set later in that turn. */
export class LineSocket implements TextChannel {
  handlers: TextHandlers | undefined;
  readonly #socket: Socket;
  readonly #frameTime: number;
  readonly #reader = new LineReader();
  #isOver = false;
  #error: Error | undefined;
  #frameTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param frameTime in milliseconds, for a line from its beginning to its end. */
  constructor(socket: Socket, frameTime: number) {
    this.#socket = socket;
    this.#frameTime = frameTime;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, keepAliveTime);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('drain', () => {
      if (!this.#isOver) this.handlers?.drained?.();
    });
    socket.on('error', (error) => (this.#error = error));
    // The other side says no more, but may still listen: to the answers of this turn, and not for ever.
    socket.on('end', () => {
      setImmediate(() => socket.end());
      this.#linger();
    });
    socket.on('close', () => {
      clearTimeout(this.#frameTimer);
      if (!this.#isOver) {
        this.#isOver = true;
        this.handlers?.closed(this.#error);
      }
      this.handlers?.gone?.();
    });
  }

  /** Whether either side has ended it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get backlog(): number {
    return this.#socket.writableLength;
  }

  send(texts: readonly string[]): void {
    if (this.#isOver || !this.#socket.writable) return;
    corkForTurn(this.#socket);
    this.#socket.write(toLines(texts));
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#frameTimer);
    this.#socket.resume();
    this.#socket.end();
    this.#linger();
  }

  destroy(): void {
    this.#isOver = true;
    this.#stopFrame();
    this.#socket.destroy();
  }

  pause(): void {
    this.#socket.pause();
    this.#stopFrame();
  }

  resume(): void {
    this.#socket.resume();
    this.#watchFrame();
  }

  ref(): void {
    this.#socket.ref();
  }

  unref(): void {
    this.#socket.unref();
  }

  #read(chunk: Buffer): void {
    const { handlers } = this;
    if (this.#isOver || handlers === undefined) return;
    let lines: string[] = [];
    const deliver = (): void => {
      const complete = lines;
      lines = [];
      if (complete.length > 0) handlers.receive(complete);
    };
    const isWithin = this.#reader.read(
      chunk,
      (length) => {
        if (length <= handlers.frameBytes) return true;
        // What came before it may have raised the limit.
        deliver();
        return length <= handlers.frameBytes;
      },
      (line) => {
        this.#stopFrame();
        lines.push(line);
      },
    );
    deliver();
    if (this.#isOver) return;
    if (!isWithin) this.#exceeded('frameBytes');
    else this.#watchFrame();
  }

  #stopFrame(): void {
    clearTimeout(this.#frameTimer);
    this.#frameTimer = undefined;
  }

  #watchFrame(): void {
    if (!this.#reader.isInLine || this.#isOver) return;
    this.#frameTimer ??= setTimeout(() => this.#exceeded('frameTime'), this.#frameTime).unref();
  }

  #exceeded(limit: 'frameBytes' | 'frameTime'): void {
    // What follows is not even looked at.
    this.#socket.removeAllListeners('data');
    this.#socket.resume();
    this.handlers?.exceeded(limit);
  }

  #linger(): void {
    const timer = setTimeout(() => this.#socket.destroy(), lingerTime).unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }
}
