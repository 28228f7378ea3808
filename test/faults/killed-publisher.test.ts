/** A worker that ends while it publishes: what arrives is whole, and all that it said up to some moment. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { event, FaultCluster, type Replica } from '../support/fault-cluster.js';
import { keyOf, publisherOf } from '../support/fault-values.js';
import type { Key } from '../support/ledger.js';
import { until } from '../support/until.js';

describe('a worker ends while it publishes', () => {
  let cluster: FaultCluster;
  let survivors: Replica[];

  before(async () => {
    cluster = await FaultCluster.start({});
    survivors = await cluster.fork(1);
  });

  after(async () => {
    try {
      await cluster.end();
    } finally {
      await cluster.destroy();
    }
  });

  /** Has a victim publish and end, and gives what arrived of it everywhere. */
  async function arrived(victim: Replica | undefined, command: string, ...args: unknown[]): Promise<Key[]> {
    assert.ok(victim !== undefined);
    await assert.rejects(victim.call(command, event, victim.place, ...args), /the other end is gone/);
    await until(() => cluster.happened('exit', victim), 'its end');
    await cluster.settle(survivors);
    const { behind, stale } = await cluster.stats();
    assert.deepEqual([behind, stale], [0, 0]);
    return (await cluster.order()).filter((key) => publisherOf(key) === victim.place);
  }

  it('by SIGKILL in the middle of 1 MB: it arrives once and whole, or not at all', async (t) => {
    const moments = [0, 1, 'half-way', 'answered'] as const;
    const victims = await cluster.fork(moments.length);
    for (const [place, moment] of moments.entries()) {
      const keys = await arrived(victims[place], 'dieAfterPublish', 1_000_000, moment);
      t.diagnostic(`${moment}: ${keys.length}`);
      assert.ok(keys.length <= 1);
      if (moment === 'half-way') assert.equal(keys.length, 0, 'it cannot have been said to the end');
      if (moment === 'answered') assert.equal(keys.length, 1);
    }
  });

  it('by a bare process.exit(), at once or a turn later: what arrives is the beginning, without a hole', async (t) => {
    const moments = [0, 1, 'half-way'] as const;
    // Small batches: the channel's buffer has room for some of them and not for the rest.
    const victims = await cluster.fork(moments.length, { batchLength: 16 * 1024 });
    for (const [place, moment] of moments.entries()) {
      const victim = victims[place];
      const keys = await arrived(victim, 'exitAfterPublish', 2_000, 500, moment);
      t.diagnostic(`${moment}: ${keys.length} of 2,000`);
      assert.deepEqual(
        keys,
        keys.map((_, n) => keyOf(victim?.place ?? NaN, n)),
      );
    }
  });

  it('by process.exit() in the same turn, after what the channel takes at once: all of it arrives', async () => {
    const [victim] = await cluster.fork(1);
    assert.equal((await arrived(victim, 'exitAfterPublish', 10, 100, 0)).length, 10);
  });

  it('after close(): all of it arrives', async () => {
    const [victim] = await cluster.fork(1);
    assert.equal((await arrived(victim, 'exitAfterClose', 2_000, 500)).length, 2_000);
  });

  it('and nothing of it stays', async () => {
    const { connections, subscriptions } = await cluster.stats();
    assert.deepEqual([connections, subscriptions], [3, 2]);
  });
});
