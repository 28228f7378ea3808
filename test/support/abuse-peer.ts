/** A peer of a JSON-RPC server that does what no client would: speaks by hand, never ends a frame, reads nothing. */
import assert from 'node:assert/strict';
import { once, type EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';
import { until, within } from './until.js';

/** How its medium does what it is told. */
interface Medium {
  readonly send: (text: string) => void;
  readonly begin: (part: string) => void;
  readonly stopReading: () => void;
  readonly close: () => void;
}

export class Peer {
  /** Below all else: what is written to it need be no frame. */
  readonly socket: Socket;
  /** Every text that has come, in order. */
  readonly texts: string[] = [];
  hasEnded = false;
  /** By which its WebSocket was closed. */
  closeCode: number | undefined;
  readonly #medium: Medium;
  #wake: (() => void)[] = [];

  constructor(socket: Socket, medium: Medium) {
    this.socket = socket.setNoDelay(true);
    this.#medium = medium;
  }

  /** Says one frame. */
  send(text: string): void {
    this.#medium.send(text);
  }

  /** Says part of a frame that never comes to its end. Resolves when more can be said, or nothing any more. */
  begin(part: string): Promise<void> {
    this.#medium.begin(part);
    return this.drained();
  }

  /** Resolves when more can be said, or nothing any more. */
  async drained(): Promise<void> {
    while (this.socket.writableNeedDrain && !this.hasEnded) {
      await Promise.race([new Promise((resolve) => this.socket.once('drain', resolve)), this.#next()]);
    }
  }

  /** Reads nothing from now on. */
  stopReading(): void {
    this.#medium.stopReading();
  }

  close(): void {
    this.#medium.close();
  }

  /** Resolves when `condition` holds, which is looked at when something has come, or when the connection has ended. */
  async until(condition: () => boolean, what: string): Promise<void> {
    while (!condition() && !this.hasEnded) await within(this.#next(), what);
  }

  /** To be called with what comes. */
  heard(texts: readonly string[]): void {
    this.texts.push(...texts);
    this.#wakeAll();
  }

  /** To be called when the connection has ended. */
  ended(closeCode?: number): void {
    this.hasEnded = true;
    this.closeCode = closeCode;
    this.#wakeAll();
  }

  #next(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  #wakeAll(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/**
 * One that connects by a port or a path, and ends each frame by a newline.
 *
 * @param options `hangsUp`: whether it ends its side when the server has ended the other one. Default: it does.
 */
export async function linePeer(
  to: { readonly path: string } | { readonly port: number },
  { hangsUp = true } = {},
): Promise<Peer> {
  const socket = connect({ host: '127.0.0.1', allowHalfOpen: !hangsUp, ...to });
  const peer = new Peer(socket, {
    send: (text) => void socket.write(`${text}\n`),
    begin: (part) => void socket.write(part),
    stopReading: () => void socket.pause(),
    close: () => void socket.destroy(),
  });
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    peer.heard(lines);
  });
  socket.on('close', () => peer.ended());
  await opened(socket, 'connect');
  return peer;
}

export async function webSocketPeer(url: string): Promise<Peer> {
  const { port, hostname: host } = new URL(url);
  const socket = connect({ port: Number(port), host });
  const options = { perMessageDeflate: false, createConnection: (() => socket) as typeof connect };
  const webSocket = new WebSocket(url, options);
  const peer = new Peer(socket, {
    send: (text) => webSocket.send(text, () => undefined),
    begin: (part) => webSocket.send(part, { fin: false }, () => undefined),
    stopReading: () => webSocket.pause(),
    close: () => webSocket.terminate(),
  });
  webSocket.on('message', (data: Buffer) => peer.heard([data.toString()]));
  webSocket.on('close', (code) => peer.ended(code));
  await opened(webSocket, 'open');
  return peer;
}

/** What a WebSocket begins with. */
export const upgradeRequest = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n');

/** The answer to `text`: the next one that comes. */
export async function ask(peer: Peer, text: string): Promise<string> {
  const index = peer.texts.length;
  peer.send(text);
  await peer.until(() => peer.texts.length > index, 'an answer');
  const answer = peer.texts[index];
  assert.ok(answer !== undefined, 'the connection ended before an answer');
  return answer;
}

/** Waits until the server has ended the connection. */
export function ended(peer: Peer): Promise<void> {
  return until(() => peer.hasEnded, 'the connection ends', 20_000);
}

/** What goes wrong later, the end tells. */
async function opened(emitter: EventEmitter, event: string): Promise<void> {
  await within(once(emitter, event), 'it connects');
  emitter.on('error', () => undefined);
}
