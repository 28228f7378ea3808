/**
 * Pipes of texts to a server, written by hand: sockets and bytes, nothing of the library. What is sent in one call
 * leaves in one piece, as far as the medium can do that.
 */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket } from 'ws';

export interface HandPipe {
  send(...texts: string[]): void;
  /** Resolves when the connection has ended. */
  readonly ended: Promise<void>;
  end(): void;
}

/** Where a stream socket connects to. */
export type Address = { readonly port: number; readonly host: string } | { readonly path: string };

/** One text a line. */
export async function linePipe(address: Address, hear: (text: string) => void): Promise<HandPipe> {
  const socket = await opened(connect(address));
  let rest = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) hear(line);
  });
  return {
    send: (...texts) => void socket.write(texts.map((text) => `${text}\n`).join('')),
    ended: endOf(socket),
    end: () => void socket.destroy(),
  };
}

/** One text a message, by the `ws` package. */
export async function webSocketPipe(url: string, hear: (text: string) => void): Promise<HandPipe> {
  const webSocket = new WebSocket(url);
  webSocket.on('message', (data: Buffer) => hear(data.toString()));
  const ended = new Promise<void>((resolve) => void webSocket.once('close', () => resolve()));
  await once(webSocket, 'open');
  webSocket.on('error', () => undefined); // the end is told
  return {
    send: (...texts) => texts.forEach((text) => webSocket.send(text)),
    ended,
    end: () => webSocket.terminate(),
  };
}

/** One text a message, in the bytes of RFC 6455. */
export async function webSocketBytesPipe(
  port: number,
  path: string,
  hear: (text: string) => void,
): Promise<HandPipe> {
  const socket = await opened(connect({ port, host: '127.0.0.1' }));
  const key = randomBytes(16).toString('base64');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
  );
  let bytes = Buffer.alloc(0);
  let isUpgraded = false;
  const upgraded = new Promise<void>((resolve, reject) => {
    socket.once('close', () => reject(new Error('the server did not upgrade the connection')));
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (!isUpgraded) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end === -1) return;
        checkUpgrade(bytes.subarray(0, end).toString(), key);
        bytes = bytes.subarray(end + 4);
        isUpgraded = true;
        resolve();
      }
      for (let frame = readFrame(bytes); frame !== undefined; frame = readFrame(bytes)) {
        bytes = bytes.subarray(frame.size);
        if (frame.opcode === opcodes.text) hear(frame.payload.toString());
        else if (frame.opcode === opcodes.ping) socket.write(toFrame(opcodes.pong, frame.payload));
        else if (frame.opcode === opcodes.close) socket.end(toFrame(opcodes.close, frame.payload));
      }
    });
  });
  await upgraded;
  return {
    send: (...texts) =>
      void socket.write(Buffer.concat(texts.map((text) => toFrame(opcodes.text, Buffer.from(text))))),
    ended: endOf(socket),
    end: () => void socket.destroy(),
  };
}

const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

async function opened(socket: Socket): Promise<Socket> {
  await once(socket, 'connect');
  socket.on('error', () => undefined); // the end is told
  return socket;
}

function endOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => void socket.once('close', () => resolve()));
}

function checkUpgrade(head: string, key: string): void {
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.ok(head.toLowerCase().includes(`sec-websocket-accept: ${accept.toLowerCase()}`), head);
}

interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
  /** Of the whole frame, in bytes. */
  readonly size: number;
}

/** The first frame in `bytes`, once it is there as a whole. A server's are not masked. */
function readFrame(bytes: Buffer): Frame | undefined {
  if (bytes.length < 2) return undefined;
  const opcode = bytes.readUInt8(0) & 0x0f;
  const short = bytes.readUInt8(1);
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const size = start + length;
  return bytes.length < size ? undefined : { opcode, payload: bytes.subarray(start, size), size };
}

/** A whole message, masked as a client's must be. */
function toFrame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const isMasked = 0x80;
  let head = Buffer.from([0x80 | opcode, isMasked | length]);
  if (length > 0xffff) {
    head = Buffer.from([0x80 | opcode, isMasked | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeBigUInt64BE(BigInt(length), 2);
  } else if (length > 125) {
    head = Buffer.from([0x80 | opcode, isMasked | 126, 0, 0]);
    head.writeUInt16BE(length, 2);
  }
  const mask = randomBytes(4);
  const masked = Buffer.from(payload.map((byte, position) => byte ^ (mask[position % 4] ?? 0)));
  return Buffer.concat([head, mask, masked]);
}
