/** Remote clients that are stopped, slow, or at the end of a link that swallows everything: invariant I for them, too. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Limits } from 'clustercast';
import { endChildren, forkChild, type Child } from '../json-rpc/child.js';
import { Proxy } from '../json-rpc/proxy.js';
import { event, onCluster, type FaultCluster, type Replica } from '../support/fault-cluster.js';
import { freePort } from '../support/media.js';
import type { Audit } from '../support/ledger.js';
import { until } from '../support/until.js';

const media = ['tcp', 'webSocket'] as const;
type Medium = (typeof media)[number];

const host = '127.0.0.1';
const limits = { outputBytes: 512 * 1024 };

/** By which no value is published: remote clients only listen here. */
const remotePublisher = 50;

interface Remote extends Replica {
  readonly signal: Child['signal'];
}

describe('a remote client', () => {
  afterEach(endChildren);

  it('that is stopped misses what it is told that it misses', () =>
    onCluster({ limits }, async (cluster) => {
      const living = await connect(cluster, 'tcp');
      const stopped = await Promise.all(media.map((medium) => connect(cluster, medium)));
      for (const { signal } of stopped) signal('SIGSTOP');
      await publishUntilBehind(cluster, living);
      await cluster.publishPaced(living, 1_000, 1_000);
      for (const { signal } of stopped) signal('SIGCONT');
      await assertGaps(cluster, living, stopped);
      for (const { call } of stopped) assert.deepEqual(await call('raised'), ['connect']);
      await cluster.end();
    }));

  it('that is slow misses what it is told that it misses', (t) =>
    onCluster({ limits }, async (cluster) => {
      const living = await connect(cluster, 'tcp');
      const slow = await Promise.all(media.map((medium) => connect(cluster, medium)));
      for (const { call } of slow) await call('slow', 1);
      await publishUntilBehind(cluster, living);
      await cluster.publishPaced(living, 2_000, 1_000);
      for (const { call } of slow) await call('slow', 0);
      for (const audit of await assertGaps(cluster, living, slow)) {
        t.diagnostic(`${audit.gaps} gaps, ${audit.received} of ${audit.due} received`);
      }
      for (const { call } of slow) assert.deepEqual(await call('raised'), ['connect']);
      await cluster.end();
    }));

  it('whose link swallows everything is given up, and comes back with a gap', () => {
    const silenceTime = 500;
    return onCluster({ limits: { silenceTime } }, async (cluster) => {
      const proxies = await Promise.all(media.map((medium) => proxyOf(cluster, medium)));
      try {
        const living = await connect(cluster, 'tcp');
        const remotes = await Promise.all(
          media.map((medium, place) => connect(cluster, medium, proxies[place]?.port, { silenceTime })),
        );
        await cluster.publishPaced(living, 500, 100);
        for (const { proxy } of proxies) proxy.freeze();
        await cluster.publishPaced(living, 500, 100);
        for (const { call } of remotes) {
          const isBack = async (): Promise<boolean> =>
            String(await call('raised')) === 'connect,disconnect,connect';
          await until(isBack, 'it is back');
        }
        const isGivenUp = async (): Promise<boolean> => (await cluster.stats()).connections === 5;
        await until(isGivenUp, 'the links that swallow everything are given up');
        await assertGaps(cluster, living, remotes);
      } finally {
        await Promise.all(proxies.map(({ proxy }) => proxy.close()));
      }
      await cluster.end();
    });
  });
});

/** That each of `faulty` is told of one gap or more, and `living` of none. */
async function assertGaps(
  cluster: FaultCluster,
  living: Remote,
  faulty: readonly Remote[],
): Promise<Audit[]> {
  const [other, ...audits] = await cluster.settle([living, ...faulty]);
  assert.equal(other?.gaps, 0);
  for (const { gaps } of audits) assert.ok(gaps > 0);
  return audits;
}

async function proxyOf(cluster: FaultCluster, medium: Medium): Promise<{ proxy: Proxy; port: number }> {
  const port = await freePort();
  return { port, proxy: await Proxy.open({ host, port }, { host, port: cluster.ports[medium] }) };
}

/** A client in a process of its own, which has subscribed. */
async function connect(
  cluster: FaultCluster,
  medium: Medium,
  port = cluster.ports[medium],
  own: Partial<Limits> = {},
): Promise<Remote> {
  const { call, signal } = await forkChild('fault-client');
  await call('connect', own, medium === 'tcp' ? port : `ws://${host}:${port}/`);
  await call('record', event);
  return { place: remotePublisher, pid: 0, call, signal };
}

/** Publishes until one on each medium is behind, no faster than `living` takes it. */
async function publishUntilBehind(cluster: FaultCluster, living: Replica): Promise<void> {
  const isBehind = async (): Promise<boolean> => {
    await cluster.publishPaced(living, 500, 1_000);
    return (await cluster.stats()).behind === media.length;
  };
  await until(isBehind, 'they are behind', 30_000);
}
