/** A worker that is dead while its primary cannot know it yet: what is said to it then harms nobody. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startPrimary } from 'clustercast';
import { runProgram } from '../support/program.js';
import { until } from '../support/until.js';
import { endWorkers, forkReady } from '../support/workers.js';

/** What is said is sent at once, and so before the primary hears of a death. */
const limits = { batchMessages: 1 };

describe('a worker whose death is not known yet', () => {
  it('raises no error by what the library says to it, and the others get theirs', async () => {
    const primary = await startPrimary({ limits });
    try {
      const client = primary.connect({ limits });
      await client.ready;
      const [victim, survivor] = await forkReady(2);
      assert.ok(victim !== undefined && survivor !== undefined);
      for (const { call } of [victim, survivor]) await call('subscribe', 'e');
      const errors: Error[] = [];
      victim.worker.on('error', (error) => errors.push(error));
      victim.worker.process.kill('SIGKILL');
      // Stands still meanwhile, so that nothing is heard of it in this turn.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
      const published = [1, 2, 3].map((n) => client.publish('e', n));
      assert.deepEqual(
        (await Promise.all(published)).map(({ listeners }) => listeners),
        [2, 2, 2],
        'it was not known to be dead',
      );
      await victim.exited;
      await until(() => primary.server.stats().subscriptions === 1, 'it is gone');
      assert.deepEqual(errors, []);
      await until(async () => (await survivor.call('count', 'e')) === 3, 'all values of the other one');
    } finally {
      await endWorkers();
      await primary.close();
    }
  });

  it('does not end the primary by what the application says to it', async () => {
    const { code, stdout, stderr } = await runProgram('dead-worker');
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '0\n', stderr: '' });
  });
});
