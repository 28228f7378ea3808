/** A server of JSON-RPC on one medium, and how to get there by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type Adapter, type Client, type ClientInfo, type Limits } from 'clustercast';
import {
  JsonRpcAdapter,
  JsonRpcClient,
  tcp,
  unix,
  webSocket,
  type TextDialer,
  type TextSource,
} from 'clustercast/json-rpc';
import { linePipe, webSocketBytesPipe, webSocketPipe, type HandPipe } from './hand-pipes.js';

export interface HandStageOptions {
  readonly isTrusted?: boolean;
  readonly clients?: readonly ClientInfo[];
  readonly limits?: Partial<Limits>;
  /** Where else the server serves. */
  readonly beside?: readonly Adapter[];
}

/** Opens a pipe by hand; `hear` is given each text that the server says. */
export type OpenPipe = (hear: (text: string) => void) => Promise<HandPipe>;

export interface HandStage {
  readonly server: Server;
  readonly pipe: OpenPipe;
  /** The library's own client. */
  readonly client: (id: string | null, options?: { readonly timeout?: number }) => Client;
}

/** Where a server listens, from the moment that it does. */
interface Place {
  readonly source: TextSource;
  readonly dialer: () => TextDialer;
  readonly pipe: OpenPipe;
  readonly free: () => void;
}

const nothing = (): void => undefined;

const host = '127.0.0.1';
const path = '/sync';

/** The media, one with two ways to speak it by hand. */
const places = {
  tcp: (): Place => {
    const source = tcp.listen({ port: 0 });
    const port = (): number => source.port ?? 0;
    return {
      source,
      dialer: () => tcp.connect({ port: port() }),
      pipe: (hear) => linePipe({ port: port(), host }, hear),
      free: nothing,
    };
  },
  unix: (): Place => {
    const directory = mkdtempSync(join(tmpdir(), 'cc-'));
    const file = join(directory, 'sync.sock');
    return {
      source: unix.listen({ path: file }),
      dialer: () => unix.connect({ path: file }),
      pipe: (hear) => linePipe({ path: file }, hear),
      free: () => rmSync(directory, { recursive: true, force: true }),
    };
  },
  webSocket: (): Place => {
    const source = webSocket.listen({ port: 0, path });
    const url = (): string => `ws://${host}:${source.port}${path}`;
    return {
      source,
      dialer: () => webSocket.connect(url()),
      pipe: (hear) => webSocketPipe(url(), hear),
      free: nothing,
    };
  },
  'webSocket, byte by byte': (): Place => {
    const source = webSocket.listen({ port: 0, path });
    return {
      source,
      dialer: () => webSocket.connect(`ws://${host}:${source.port}${path}`),
      pipe: (hear) => webSocketBytesPipe(source.port ?? 0, path, hear),
      free: nothing,
    };
  },
} as const;

export type HandMedium = keyof typeof places;
export const handMedia = Object.keys(places) as HandMedium[];

/** Runs `play` on a server that listens, and closes everything afterwards, whatever becomes of it. */
export async function onHandStage(
  medium: HandMedium,
  { isTrusted = false, clients = [], limits = {}, beside = [] }: HandStageOptions,
  play: (stage: HandStage) => Promise<void>,
): Promise<void> {
  const place = places[medium]();
  const server = new Server([new JsonRpcAdapter(place.source, { isTrusted }), ...beside], { limits });
  for (const client of clients) server.registerClient(client);
  const opened: Client[] = [];
  const pipes: HandPipe[] = [];
  await server.start();
  try {
    await play({
      server,
      pipe: async (hear) => {
        const pipe = await place.pipe(hear);
        pipes.push(pipe);
        return pipe;
      },
      client: (id, options) => {
        const client = new JsonRpcClient(id, place.dialer(), options);
        opened.push(client);
        return client;
      },
    });
  } finally {
    await Promise.all(opened.map((client) => client.close()));
    for (const pipe of pipes) pipe.end();
    await server.close();
    place.free();
  }
}
