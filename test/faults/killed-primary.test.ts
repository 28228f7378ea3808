/** A primary that is killed: its workers end with it, and what was asked of it has an end. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gone, onCluster } from '../support/fault-cluster.js';

describe('the primary is killed', () => {
  it('idle workers are gone within a second, a busy one when its loop is free: there is no orphan', () =>
    onCluster({}, async (cluster) => {
      const idle = await cluster.fork(2);
      const [busy] = await cluster.fork(1);
      assert.ok(busy !== undefined);
      await assert.rejects(busy.call('killPrimary', 1_500));
      await cluster.kill();
      await gone(idle, 1_000);
      await gone([busy], 5_000);
    }));

  it('what was on its way has an unknown outcome, what follows is refused, in a worker that lives on', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cc-'));
    const file = join(directory, 'outcomes.json');
    try {
      await onCluster({}, async (cluster) => {
        const [survivor] = await cluster.fork(1);
        assert.ok(survivor !== undefined);
        await assert.rejects(survivor.call('outlivePrimary', 'unheard', file));
        await gone([survivor]);
        assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
          publishes: { ERR_PUBSUB_OUTCOME_UNKNOWN: 100 },
          others: ['ERR_PUBSUB_OUTCOME_UNKNOWN', 'answered'],
          afterwards: 'ERR_PUBSUB_CLOSED',
        });
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
