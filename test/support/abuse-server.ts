/** A server that is attacked in a process of its own (test/fixtures/abuse-server.ts), and two honest clients of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Limits, ServerStats } from 'clustercast';
import { JsonRpcClient, tcp } from 'clustercast/json-rpc';
import { ask, linePeer, webSocketPeer, type Peer } from './abuse-peer.js';
import { hello, knownId, type MediumName } from './abuse-stage.js';
import { until, within } from './until.js';
import { forkWorker, kill } from './workers.js';

/** In bytes: what lives, what the process has from the system, and the most that it has ever had. */
export interface Memory {
  readonly living: number;
  readonly resident: number;
  readonly peak: number;
}

export interface AttackedServer {
  peer(medium: MediumName): Promise<Peer>;
  knownPeer(medium: MediumName): Promise<Peer>;
  readonly publisher: JsonRpcClient;
  /** Fails unless an honest client publishes and the other one is told. */
  serves(): Promise<void>;
  stats(): Promise<ServerStats>;
  memory(): Promise<Memory>;
  close(): Promise<void>;
}

/**
 * The heap that the server may have, in MiB: several times what it needs. It would die of what peers had it keep
 * beyond that, and its resident memory does not depend on when V8 sees fit to collect garbage.
 */
const heapMiB = 64;

export async function attackedServer(limits: Partial<Limits>): Promise<AttackedServer> {
  const directory = mkdtempSync(join(tmpdir(), 'cc-'));
  const path = join(directory, 'sync.sock');
  const server = forkWorker('abuse-server', {
    SOCKET: path,
    LIMITS: JSON.stringify(limits),
    NODE_OPTIONS: `--max-old-space-size=${heapMiB}`,
  });
  const failed = server.exited.then(() => Promise.reject(new Error(server.stderr())));
  await within(Promise.race([server.ready, failed]), 'the server is ready', 30_000);
  failed.catch(() => undefined);
  const ports = (await server.call('ports')) as { tcp: number; webSocket: number };
  const open: Record<MediumName, () => Promise<Peer>> = {
    tcp: () => linePeer({ port: ports.tcp }),
    unix: () => linePeer({ path }),
    webSocket: () => webSocketPeer(`ws://127.0.0.1:${ports.webSocket}`),
  };
  const received: unknown[] = [];
  const publisher = new JsonRpcClient(knownId, tcp.connect({ port: ports.tcp }));
  const subscriber = new JsonRpcClient(knownId, tcp.connect({ port: ports.tcp }));
  await subscriber.subscribe('honest', (value) => received.push(value));
  return {
    publisher,
    peer: (medium) => open[medium](),
    knownPeer: async (medium) => {
      const peer = await open[medium]();
      assert.match(await ask(peer, hello), /"result"/);
      return peer;
    },
    serves: async () => {
      const value = `value ${received.length}`;
      assert.deepEqual(await publisher.publish('honest', value), { listeners: 1 });
      await until(() => received.at(-1) === value, 'the honest client is told');
    },
    stats: async () => (await server.call('stats')) as ServerStats,
    memory: async () => (await server.call('memory')) as Memory,
    close: async () => {
      await Promise.all([publisher.close(), subscriber.close()]);
      await kill(server);
      rmSync(directory, { recursive: true, force: true });
      assert.equal(server.stderr(), '');
    },
  };
}
