/**
 * The practical limit: a bare relay of newline-framed JSON over a socket pair per worker, which the primary forwards
 * without looking at more than the newlines. None of the guarantees of a library, and no subscriptions either: every
 * worker gets everything.
 */
import cluster from 'node:cluster';
import { Socket } from 'node:net';
import type { Pubsub } from './contestant.js';

/** The descriptor of a worker's end of its pair: behind the usual three and the IPC channel. */
const descriptor = 4;
const newline = 10;
/** Where a worker has as many bytes waiting for it, nobody is read from until it has taken them. */
const mostWaiting = 2 ** 20;

/** Lines are events, with a name, or tell how many publishes have been answered, and for how many workers. */
type Line = readonly [event: string, value: string] | readonly [count: number, listeners: number];

export const limit: Pubsub = {
  name: 'limit',
  description:
    'a bare relay of newline-framed JSON over socket pairs: what one turn publishes is one write, the primary forwards ' +
    'the bytes to all other workers without parsing and answers with counts, receivers parse line by line',
  answers: 'workers',

  startPrimary() {
    cluster.setupPrimary({ stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'] });
    const sockets = new Set<Socket>();
    cluster.on('fork', ({ process: child }) => {
      const socket = child.stdio[descriptor] as Socket;
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.once('close', () => sockets.delete(socket));
      forward(socket, sockets);
    });
    return Promise.resolve();
  },

  connectWorker() {
    const socket = new Socket({ fd: descriptor });
    const handlers = new Map<string, (value: string) => void>();
    /** In the order of their publishes, which is that of the answers; those before `next` are done. */
    let unanswered: ((listeners: number) => void)[] = [];
    let next = 0;
    let lines = '';

    const take = (line: Line): void => {
      if (typeof line[0] === 'string') {
        handlers.get(line[0])?.(line[1] as string);
        return;
      }
      for (const end = next + line[0]; next < end;) unanswered[next++]?.(line[1] as number);
      if (next > 4096) {
        unanswered = unanswered.slice(next);
        next = 0;
      }
    };
    let rest = '';
    // The other end has ended, and so does this process, with its channel.
    socket.on('error', () => socket.destroy());
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() as string;
      for (const part of parts) take(JSON.parse(part) as Line);
    });
    const flush = (): void => {
      const all = lines;
      lines = '';
      socket.write(all);
    };
    return Promise.resolve({
      subscribe(event, receive) {
        handlers.set(event, receive);
        return Promise.resolve();
      },
      publish(event, value, answered) {
        unanswered.push(answered);
        if (lines === '') process.nextTick(flush);
        lines += `${JSON.stringify([event, value])}\n`;
      },
    });
  },
};

/** Passes on what comes from one worker to all others, in whole lines. */
function forward(from: Socket, sockets: ReadonlySet<Socket>): void {
  let rest: Buffer | undefined;
  from.on('data', (chunk: Buffer) => {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end === 0) {
      rest = rest === undefined ? chunk : Buffer.concat([rest, chunk]);
      return;
    }
    const whole = chunk.subarray(0, end);
    const lines = rest === undefined ? whole : Buffer.concat([rest, whole]);
    rest = end === chunk.length ? undefined : chunk.subarray(end);
    for (const to of sockets) {
      if (to === from) continue;
      to.write(lines);
      if (to.writableLength > mostWaiting) wait(to, sockets);
    }
    from.write(`[${countLines(lines)},${sockets.size - 1}]\n`);
  });
}

/** Reads from nobody until `slow` has taken what waits for it. */
function wait(slow: Socket, sockets: ReadonlySet<Socket>): void {
  for (const socket of sockets) socket.pause();
  slow.once('drain', () => {
    for (const socket of sockets) socket.resume();
  });
}

function countLines(lines: Buffer): number {
  let count = 0;
  for (let at = lines.indexOf(newline); at !== -1; at = lines.indexOf(newline, at + 1)) count += 1;
  return count;
}
