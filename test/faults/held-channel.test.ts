/** Workers that die while something else holds on to their channel: they are dead all the same, and nothing waits for them. */
import assert from 'node:assert/strict';
import { get } from 'node:http';
import { describe, it } from 'node:test';
import { onCluster, type FaultCluster, type Replica } from '../support/fault-cluster.js';
import { until, within } from '../support/until.js';

/** A server that waited for the dead when it closes would do so for as long. */
const limits = { windowLength: 70_000, closeTime: 50_000 };

describe('a worker is killed', () => {
  it('while a grandchild holds its channel, and while it was behind: nothing waits for it', () =>
    onCluster({ limits }, async (cluster) => {
      const [other] = await cluster.fork(1);
      assert.ok(other !== undefined);
      // It subscribes to the event that everybody subscribes to here.
      const victim = await cluster.forkFixture('grandchild', { MODE: 'advanced' });
      const grandchild = (await victim.call('child')) as number;
      try {
        process.kill(victim.pid, 'SIGSTOP');
        await cluster.publishPaced(other, 1_500, 100);
        assert.equal((await cluster.stats()).behind, 1);
        await assertIsDead(cluster, victim, other);
      } finally {
        process.kill(grandchild, 'SIGKILL');
      }
      await cluster.end();
    }));

  it('with HTTP connections on their way to it: nothing waits for it, and every promise is settled', () =>
    onCluster({ limits }, async (cluster) => {
      const [other, victim] = await cluster.fork(2);
      assert.ok(other !== undefined && victim !== undefined);
      const [port] = (await Promise.all([other, victim].map(({ call }) => call('serve')))) as number[];
      process.kill(victim.pid, 'SIGSTOP');
      const requests = Array.from({ length: 20 }, () => get({ port, host: '127.0.0.1', agent: false }));
      try {
        let served = 0;
        for (const request of requests) {
          request.on('error', () => undefined);
          request.on('response', (response) => {
            response.resume();
            served += 1;
          });
        }
        // One of them is on its way to the victim, and all that is said to it waits behind that.
        await until(() => served >= requests.length - 1, 'the other one serves the rest');
        await cluster.publishPaced(other, 1_500, 100);
        assert.equal((await cluster.stats()).behind, 1);
        assert.equal(served, requests.length - 1);
        await assertIsDead(cluster, victim, other);
      } finally {
        for (const request of requests) request.destroy();
      }
      await cluster.end();
    }));

  it('while the primary closes and waits for it: the wait is over', () =>
    onCluster({ limits }, async (cluster) => {
      const [victim] = await cluster.fork(1);
      assert.ok(victim !== undefined);
      process.kill(victim.pid, 'SIGSTOP');
      const closed = cluster.call('close');
      await until(async () => (await cluster.stats()).connections === 0, 'it closes');
      process.kill(victim.pid, 'SIGKILL');
      await within(closed, 'the primary closes');
      await cluster.end();
    }));
});

/** Kills `victim`: it is no longer reckoned with, and the other one is served. */
async function assertIsDead(cluster: FaultCluster, victim: Replica, other: Replica): Promise<void> {
  process.kill(victim.pid, 'SIGKILL');
  const hasLeft = async (): Promise<boolean> => (await cluster.stats()).connections === 3;
  await until(hasLeft, 'it is treated as dead');
  const { behind, subscriptions, stale } = await cluster.stats();
  assert.deepEqual([behind, subscriptions, stale], [0, 2, 0]);
  await cluster.publishPaced(other, 500, 100);
  const [audit] = await cluster.settle([other]);
  assert.equal(audit?.gaps, 0);
  await within(cluster.call('close'), 'the primary closes');
}
