/**
 * One server for all at once: workers over IPC, clients over TCP, a Unix socket and WebSockets, some of them in other
 * processes, and one in the primary. Each hears all others, exactly once, in one common order.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { startPrimary, type Client } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, tcp, unix, webSocket } from 'clustercast/json-rpc';
import { endChildren, forkChild } from '../json-rpc/child.js';
import type { Control } from '../support/control.js';
import { until } from '../support/until.js';
import { endWorkers, forkReady, useSerialization } from '../support/workers.js';

/** Values of each, and how many it publishes before it waits for the answers. */
const count = 400;
const block = 20;

type Value = readonly [from: number, n: number];

/** One of those who publish and subscribe. */
interface Participant {
  subscribe(): Promise<unknown>;
  /** Publishes `[from, n]` for each n from `first` to before `end`. */
  publish(from: number, first: number, end: number): Promise<unknown>;
  count(): Promise<number>;
  received(): Promise<Value[]>;
}

function here(client: Client): Participant {
  const received: Value[] = [];
  return {
    subscribe: () => client.subscribe('e', (value) => received.push(value as Value)),
    publish: async (from, first, end) => {
      const published = Array.from({ length: end - first }, (_, i) => client.publish('e', [from, first + i]));
      for (const { listeners } of await Promise.all(published)) assert.equal(listeners, 8);
    },
    count: () => Promise.resolve(received.length),
    received: () => Promise.resolve(received),
  };
}

/** One in another process. */
function elsewhere({ call }: { readonly call: Control }): Participant {
  return {
    subscribe: () => call('subscribe', 'e'),
    publish: (from, first, end) => call('publishMany', 'e', from, first, end),
    count: async () => (await call('count', 'e')) as number,
    received: async () => (await call('received', 'e')) as Value[],
  };
}

describe('workers, remote clients and the primary at one server', () => {
  const clients = ['tcp', 'other-tcp', 'web', 'other-web'].map((name) => ({ id: `${name}-0123456789abc` }));

  afterEach(async () => {
    await endWorkers();
    await endChildren();
  });

  for (const serialization of ['advanced', 'json'] as const) {
    it(`each hears all others, once, in one order (${serialization})`, async () => {
      useSerialization(serialization);
      const directory = mkdtempSync(join(tmpdir(), 'cc-'));
      const path = join(directory, 'sync.sock');
      const tcpSource = tcp.listen({ port: 0 });
      const webSource = webSocket.listen({ port: 0, path: '/sync' });
      const adapters = [
        new JsonRpcAdapter(tcpSource),
        new JsonRpcAdapter(unix.listen({ path }), { isTrusted: true }),
        new JsonRpcAdapter(webSource),
      ];
      const primary = await startPrimary({ clients, adapters });
      const { port = 0 } = tcpSource;
      const url = `ws://127.0.0.1:${webSource.port}/sync`;
      const [tcpId = '', otherTcpId = '', webId = '', otherWebId = ''] = clients.map(({ id }) => id);
      const remote = [
        new JsonRpcClient(tcpId, tcp.connect({ port })),
        new JsonRpcClient(null, unix.connect({ path })),
        new JsonRpcClient(webId, webSocket.connect(url)),
      ];
      try {
        const [workers, byTcp, byWeb] = await Promise.all([
          forkReady(3),
          forkChild('remote'),
          forkChild('remote'),
        ]);
        await Promise.all([byTcp.call('connect', otherTcpId, port), byWeb.call('connect', otherWebId, url)]);
        const participants = [
          ...[...workers, byTcp, byWeb].map(elsewhere),
          ...[...remote, primary.connect()].map(here),
        ];
        assert.equal(participants.length, 9);
        await Promise.all(participants.map((participant) => participant.subscribe()));
        await Promise.all(
          participants.map(async (participant, from) => {
            for (let n = 0; n < count; n += block) await participant.publish(from, n, n + block);
          }),
        );
        const total = count * participants.length;
        const isComplete = async (): Promise<boolean> => {
          const counts = await Promise.all(participants.map((participant) => participant.count()));
          return counts.every((received) => received >= total - count);
        };
        await until(isComplete, 'all values', 30_000);

        const sequences = await Promise.all(participants.map((participant) => participant.received()));
        assertOneOrder(sequences);
        const { connections, published, delivered, refused } = primary.server.stats();
        assert.deepEqual([connections, published, delivered, refused], [9, total, total * 8, 0]);
      } finally {
        await Promise.all(remote.map((client) => client.close()));
        await endWorkers();
        await endChildren();
        await primary.close();
        rmSync(directory, { recursive: true });
      }
    });
  }
});

/**
 * That each sequence is one and the same order without the values of its owner. Two sequences share the values of all
 * but their two owners; that they agree on these, each with each, is the same where there are three owners or more.
 */
function assertOneOrder(sequences: readonly (readonly Value[])[]): void {
  for (const [own, sequence] of sequences.entries()) {
    for (const from of sequences.keys()) {
      const ofOne = sequence.filter(([publisher]) => publisher === from).map(([, n]) => n);
      assert.deepEqual(ofOne, from === own ? [] : [...Array(count).keys()], `${own} of ${from}`);
    }
    for (const [other, theirs] of sequences.entries()) {
      const shared = ([from]: Value): boolean => from !== own && from !== other;
      assert.deepEqual(sequence.filter(shared), theirs.filter(shared), `${own} and ${other}`);
    }
  }
  // They did publish at the same time.
  const [first = []] = sequences;
  const turns = first.filter(([from], position) => from !== first[position + 1]?.[0]).length;
  assert.ok(turns > sequences.length, `${turns} turns`);
}
