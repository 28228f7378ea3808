/**
 * A server that is attacked, over every medium at once, and two honest clients that it serves all the time; and what
 * must hold in the end: that nothing is left.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, type Client, type Limits, type ServerStats } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, tcp, unix, webSocket, type TextDialer } from 'clustercast/json-rpc';
import { ask, linePeer, webSocketPeer, type Peer } from './abuse-peer.js';
import { until } from './until.js';

export const mediaNames = ['tcp', 'unix', 'webSocket'] as const;
export type MediumName = (typeof mediaNames)[number];

/** The id that the server knows. */
export const knownId = 'known-0123456789abcdef';

export const hello = JSON.stringify({
  ...{ jsonrpc: '2.0', id: 'hello', method: 'hello' },
  params: { client_id: knownId },
});
export const ping = JSON.stringify({ jsonrpc: '2.0', id: 'ping', method: 'ping', params: {} });
export const pong = JSON.stringify({ jsonrpc: '2.0', id: 'ping', result: {} });

/** What a server says before it ends a connection for a limit, or of a frame that is beyond one. */
export function beyond(name: keyof Limits, limit: number): string {
  return JSON.stringify({
    ...{ jsonrpc: '2.0', id: null },
    error: {
      ...{ code: -32003, message: `beyond the limit of ${limit} (${name})` },
      data: { code: 'ERR_PUBSUB_LIMIT' },
    },
  });
}

export interface AbuseStage {
  readonly server: Server;
  readonly targets: Readonly<Record<MediumName, { readonly path: string } | { readonly port: number }>>;
  dialer(medium: MediumName): TextDialer;
  /** One of the honest clients. */
  readonly publisher: Client;
  /** Connects one that says nothing. */
  peer(medium: MediumName): Promise<Peer>;
  /** And one by nothing but a socket, also where there is a WebSocket server; it may not hang up when it should. */
  bare(medium: MediumName, options?: { readonly hangsUp?: boolean }): Promise<Peer>;
  /** And one that has said who it is. */
  knownPeer(medium: MediumName): Promise<Peer>;
  /** What the honest client is told that subscribes to `honest`. */
  readonly received: readonly unknown[];
  /** Fails unless an honest client publishes and the other one is told. */
  serves(): Promise<void>;
}

/** How many connections the honest clients have, and subscriptions. */
export const honestConnections = 2;
export const honestSubscriptions = 1;

/** Plays `attack` on a new stage. Fails if the server is not then as it was, or anything is left once it is closed. */
export async function onStage(
  limits: Partial<Limits>,
  attack: (stage: AbuseStage) => Promise<void>,
): Promise<void> {
  const before = resources();
  const directory = mkdtempSync(join(tmpdir(), 'cc-'));
  const path = join(directory, 'sync.sock');
  const sources = { tcp: tcp.listen({ port: 0 }), webSocket: webSocket.listen({ port: 0 }) };
  const adapters = [sources.tcp, sources.webSocket, unix.listen({ path })].map(
    (source) => new JsonRpcAdapter(source),
  );
  const server = new Server(adapters, { limits }).registerClient({ id: knownId });
  await server.start();
  const url = `ws://127.0.0.1:${sources.webSocket.port ?? 0}`;
  const port = sources.tcp.port ?? 0;
  const dialers = {
    tcp: tcp.connect({ port }),
    unix: unix.connect({ path }),
    webSocket: webSocket.connect(url),
  };
  const targets = { tcp: { port }, unix: { path }, webSocket: { port: sources.webSocket.port ?? 0 } };
  const open = {
    tcp: () => linePeer(targets.tcp),
    unix: () => linePeer(targets.unix),
    webSocket: () => webSocketPeer(url),
  };

  const peers: Peer[] = [];
  const attending = async (connecting: Promise<Peer>): Promise<Peer> => {
    const peer = await connecting;
    peers.push(peer);
    return peer;
  };
  const received: unknown[] = [];
  const publisher = new JsonRpcClient(knownId, dialers.tcp);
  const subscriber = new JsonRpcClient(knownId, dialers.webSocket);
  const losses = countLosses([publisher, subscriber]);
  await subscriber.subscribe('honest', (value) => received.push(value));
  await publisher.ready;

  const stage: AbuseStage = {
    ...{ server, received, targets, publisher },
    dialer: (medium) => dialers[medium],
    peer: (medium) => attending(open[medium]()),
    bare: (medium, options) => attending(linePeer(targets[medium], options)),
    knownPeer: async (medium) => {
      const peer = await stage.peer(medium);
      assert.match(await ask(peer, hello), /"result"/);
      return peer;
    },
    serves: async () => {
      const value = `value ${received.length}`;
      assert.deepEqual(await publisher.publish('honest', value), { listeners: 1 });
      await until(() => received.at(-1) === value, 'the honest client is told');
    },
  };

  try {
    await stage.serves();
    const quiet = resources();
    await attack(stage);
    await stage.serves();
    for (const peer of peers) peer.close();
    await until(() => isAlone(server.stats()), 'the server has only its honest clients');
    await nothingBeside(quiet);
    assert.equal(losses(), 0, 'an honest client lost its connection');
  } finally {
    for (const peer of peers) peer.close();
    await Promise.all([publisher.close(), subscriber.close()]);
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  }
  await nothingBeside(before);
}

function isAlone({ connections, subscriptions, events }: ServerStats): boolean {
  return (
    connections === honestConnections &&
    subscriptions === honestSubscriptions &&
    events === honestSubscriptions
  );
}

function countLosses(clients: readonly Client[]): () => number {
  let losses = 0;
  for (const client of clients) {
    client.on('disconnect', () => (losses += 1));
    client.on('gap', () => (losses += 1));
  }
  return () => losses;
}

/** Sockets, servers and timers that hold this process. */
function resources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => /^(TCP|Pipe)|Timeout|Immediate/.test(name));
}

async function nothingBeside(before: readonly string[]): Promise<void> {
  await until(() => left(before).length === 0, 'nothing is left').catch((error: unknown) => {
    throw new Error(`left: ${left(before).join(', ')}`, { cause: error });
  });
}

/** Those that were not there before. */
function left(before: readonly string[]): string[] {
  const rest = [...before];
  return resources().filter((name) => {
    const index = rest.indexOf(name);
    if (index !== -1) rest.splice(index, 1);
    return index === -1;
  });
}
