/** The ready-made media of JSON-RPC: where to listen, how a client connects, and how to speak by hand. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSocket, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tcp, unix, webSocket, type TextDialer, type TextSource } from 'clustercast/json-rpc';
import { WebSocket } from 'ws';
import { Mailbox } from './mailbox.js';

/** A connection that speaks texts by hand, without any code of the library. */
export interface ByHand {
  send(text: string): void;
  /** The next text from the other side. */
  next(): Promise<string>;
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;
  close(): void;
}

/** One place to listen at, and how to get there. It may be used before anybody listens. */
export interface Medium {
  readonly source: () => TextSource;
  readonly dialer: () => TextDialer;
  readonly byHand: () => Promise<ByHand>;
  /** Frees what it took; the server is closed by then. */
  readonly end: () => Promise<void>;
}

export const media: Readonly<
  Record<'tcp' | 'unix' | 'webSocket' | 'webSocketAttached', () => Promise<Medium>>
> = {
  tcp: async () => {
    const port = await freePort();
    return {
      source: () => tcp.listen({ port }),
      dialer: () => tcp.connect({ port }),
      byHand: () => linesByHand(connectSocket({ port, host: '127.0.0.1' })),
      end: () => Promise.resolve(),
    };
  },
  unix: () => {
    const directory = mkdtempSync(join(tmpdir(), 'cc-'));
    const path = join(directory, 'sync.sock');
    return Promise.resolve({
      source: () => unix.listen({ path }),
      dialer: () => unix.connect({ path }),
      byHand: () => linesByHand(connectSocket({ path })),
      end: () => Promise.resolve(rmSync(directory, { recursive: true, force: true })),
    });
  },
  webSocket: async () => {
    const port = await freePort();
    const url = `ws://127.0.0.1:${port}/sync`;
    return {
      source: () => webSocket.listen({ port, path: '/sync' }),
      dialer: () => webSocket.connect(url),
      byHand: () => webSocketByHand(url),
      end: () => Promise.resolve(),
    };
  },
  webSocketAttached: async () => {
    const server = createHttpServer((_request, response) => response.writeHead(404).end());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/sync`;
    return {
      source: () => webSocket.listen({ server, path: '/sync' }),
      dialer: () => webSocket.connect(url),
      byHand: () => webSocketByHand(url),
      end: async () => {
        server.close();
        server.closeAllConnections();
        await once(server, 'close');
      },
    };
  },
};

/** A port of the loopback interface at which nobody listens. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowestPort + Math.floor(Math.random() * portCount);
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') throw error;
        return false;
      },
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

// Below those that systems give to outgoing connections, which could take it again before it is listened on.
const lowestPort = 20_000;
const portCount = 12_000;

/** Lines over `socket`, which is connecting. */
export async function linesByHand(socket: Socket): Promise<ByHand> {
  const texts = new Mailbox<string>();
  let rest = '';
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) texts.put(line);
  });
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  await once(socket, 'connect');
  socket.on('error', () => undefined); // what it means for the test, 'close' says
  return {
    send: (text) => void socket.write(`${text}\n`),
    next: () => texts.take(),
    closed,
    close: () => socket.destroy(),
  };
}

/** Messages over a WebSocket that is opened here. */
async function webSocketByHand(url: string): Promise<ByHand> {
  const opened = new WebSocket(url);
  const texts = new Mailbox<string>();
  opened.on('message', (data: Buffer) => texts.put(data.toString()));
  const closed = new Promise<void>((resolve) => void opened.once('close', () => resolve()));
  await once(opened, 'open');
  opened.on('error', () => undefined);
  return {
    send: (text) => opened.send(text),
    next: () => texts.take(),
    closed,
    close: () => opened.terminate(),
  };
}
