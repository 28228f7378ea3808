/** Servers that come and go at one place, a proxy before them, and the story of a client that stays. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryAdapter, Server, type Client, type Limits } from 'clustercast';
import {
  JsonRpcAdapter,
  JsonRpcClient,
  tcp,
  unix,
  webSocket,
  type TextDialer,
  type TextSource,
} from 'clustercast/json-rpc';
import { freePort } from '../support/media.js';
import type { Address } from './hand-pipes.js';
import { Proxy } from './proxy.js';

const host = '127.0.0.1';

/** How one listens and dials at an address, and where a server and a proxy before it may be. */
interface Medium {
  readonly listen: (address: Address) => TextSource;
  readonly connect: (address: Address) => TextDialer;
  readonly addresses: (directory: string) => Promise<[Address, Address]>;
}

const ports = async (): Promise<[Address, Address]> => [
  { port: await freePort(), host },
  { port: await freePort(), host },
];

const portOf = (address: Address): number => ('port' in address ? address.port : 0);
const pathOf = (address: Address): string => ('path' in address ? address.path : '');

export const streams: Readonly<Record<'tcp' | 'unix' | 'webSocket', Medium>> = {
  tcp: {
    listen: (address) => tcp.listen({ port: portOf(address) }),
    connect: (address) => tcp.connect({ port: portOf(address) }),
    addresses: ports,
  },
  unix: {
    listen: (address) => unix.listen({ path: pathOf(address) }),
    connect: (address) => unix.connect({ path: pathOf(address) }),
    addresses: (directory) =>
      Promise.resolve([{ path: join(directory, 'server') }, { path: join(directory, 'proxy') }]),
  },
  webSocket: {
    listen: (address) => webSocket.listen({ port: portOf(address), path: '/sync' }),
    connect: (address) => webSocket.connect(`ws://${host}:${portOf(address)}/sync`),
    addresses: ports,
  },
};

export type StreamName = keyof typeof streams;
export const streamNames = Object.keys(streams) as StreamName[];

/** One run of a server, with another client of it. */
export interface Run {
  readonly server: Server;
  readonly other: Client;
}

export interface ReconnectStage {
  readonly address: Address;
  /** Starts a server at the place of the one before. */
  readonly start: (limits?: Partial<Limits>) => Promise<Run>;
  /** A client, and what it has raised: connect, disconnect, gap with its reason. */
  readonly client: (way?: 'direct' | 'through the proxy') => {
    readonly client: Client;
    readonly story: unknown[];
  };
  readonly proxy: Proxy;
}

/** Runs `play` where nobody listens yet, and closes everything afterwards, whatever becomes of it. */
export async function onReconnectStage(
  name: StreamName,
  play: (stage: ReconnectStage) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cc-'));
  const { listen, connect, addresses } = streams[name];
  const [address, before] = await addresses(directory);
  const proxy = await Proxy.open(before, address);
  const servers: Server[] = [];
  const clients: Client[] = [];
  try {
    await play({
      address,
      proxy,
      start: async (limits = {}) => {
        const memory = new MemoryAdapter();
        const adapter = new JsonRpcAdapter(listen(address), { isTrusted: true });
        const server = new Server([memory, adapter], { limits });
        servers.push(server);
        await server.start();
        return { server, other: memory.connect() };
      },
      client: (way = 'direct') => {
        const client = new JsonRpcClient(null, connect(way === 'direct' ? address : before));
        clients.push(client);
        return { client, story: storyOf(client) };
      },
    });
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await proxy.close();
    await Promise.all(servers.map((server) => server.close()));
    rmSync(directory, { recursive: true });
  }
}

function storyOf(client: Client): unknown[] {
  const story: unknown[] = [];
  client.on('connect', () => story.push('connect'));
  client.on('disconnect', () => story.push('disconnect'));
  client.on('gap', ({ reason, count, events }) => {
    story.push(count === undefined && events === undefined ? `gap: ${reason}` : 'a gap that claims to know');
  });
  client.on('error', (error) => story.push(error));
  client.on('close', () => story.push('close'));
  return story;
}
