/**
 * How a bare client connects and subscribes over each medium, and what an event looks like there, byte by byte. No library
 * takes part, so that receiving costs little.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { afterValue, beforeValue, eventText, isSubscribed, subscribeText } from '../../websockets/wire.js';
import { size, type Medium } from './round.js';

export interface Bare {
  /** Resolves when no later event is missed, and none has been read. */
  subscribe(socket: Socket): Promise<void>;
  /** What an event has before and after its value. */
  readonly before: Buffer;
  readonly after: Buffer;
}

const text = 0x81;
const masked = 0x80;
/** From this length on two bytes more say how long a frame is. */
const longFrame = 126;

const tcp: Bare = {
  async subscribe(socket) {
    socket.write(`${subscribeText}\n`);
    check((await untilEnd(socket, '\n')).toString());
  },
  before: Buffer.from(beforeValue),
  after: Buffer.from(`${afterValue}\n`),
};

const webSocket: Bare = {
  async subscribe(socket) {
    const lines = [
      ...['GET / HTTP/1.1', 'Host: 127.0.0.1', 'Connection: Upgrade', 'Upgrade: websocket'],
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==', '', ''],
    ];
    socket.write(lines.join('\r\n'));
    const answer = (await untilEnd(socket, '\r\n\r\n')).toString();
    if (!answer.startsWith('HTTP/1.1 101 ')) throw new Error(`it was answered ${answer.slice(0, 100)}`);
    // The key of the mask is zero, and so the text as it is.
    const key = Buffer.alloc(4);
    socket.write(Buffer.concat([frameHead(subscribeText.length, masked), key, Buffer.from(subscribeText)]));
    const frame = await untilEnd(socket, '}');
    check(frame.subarray((frame[1] as number) < longFrame ? 2 : 4).toString());
  },
  before: Buffer.concat([frameHead(eventText('').length + size, 0), Buffer.from(beforeValue)]),
  after: Buffer.from(afterValue),
};

export const bare: Readonly<Record<Medium, Bare>> = { tcp, websocket: webSocket };

function frameHead(length: number, mask: number): Buffer {
  if (length < longFrame) return Buffer.from([text, mask | length]);
  return Buffer.from([text, mask | longFrame, length >> 8, length & 0xff]);
}

/** What comes, until it ends so: nothing follows before somebody has published or asked. */
async function untilEnd(socket: Socket, end: string): Promise<Buffer> {
  let all = Buffer.alloc(0);
  while (!all.subarray(-end.length).equals(Buffer.from(end))) {
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    all = Buffer.concat([all, chunk]);
  }
  return all;
}

function check(answer: string): void {
  if (!isSubscribed(answer)) throw new Error(`it was answered ${answer}`);
}
