/** Every way in which a worker can go: noticed at once, and once. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { startPrimary, type Primary } from 'clustercast';
import { deferred } from '#lib/client/deferred.js';
import { until, within } from '../support/until.js';
import { endWorkers, forkReady, forkWorker, useSerialization, type Forked } from '../support/workers.js';

describe('the end of a worker', () => {
  let primary: Primary;

  beforeEach(async () => {
    primary = await startPrimary();
  });

  afterEach(async () => {
    await endWorkers();
    await primary.close();
  });

  const isGone = (): boolean => {
    const { connections, subscriptions, events } = primary.server.stats();
    return connections === 0 && subscriptions === 0 && events === 0;
  };

  const ways: Record<string, (forked: Forked) => unknown> = {
    'process.exit(0)': ({ call }) => void call('exit', 0).catch(() => undefined),
    'process.exit(1)': ({ call }) => void call('exit', 1).catch(() => undefined),
    SIGTERM: ({ worker }) => worker.process.kill('SIGTERM'),
    SIGKILL: ({ worker }) => worker.process.kill('SIGKILL'),
    'worker.disconnect()': ({ worker }) => worker.disconnect(),
    'worker.kill()': ({ worker }) => worker.kill(),
  };
  for (const [way, end] of Object.entries(ways)) {
    it(`by ${way}`, async () => {
      const [forked] = await forkReady(1);
      assert.ok(forked !== undefined);
      await forked.call('subscribe', 'e');
      assert.equal(primary.server.stats().subscriptions, 1);
      end(forked);
      await until(isGone, 'it is gone');
      await forked.exited;
      assert.ok(isGone());
      assert.equal(forked.stderr(), '');
    });
  }

  it('by process.disconnect(): what was on its way has an unknown outcome, what follows is refused', async () => {
    const [forked] = await forkReady(1);
    assert.ok(forked !== undefined);
    let stdout = '';
    forked.worker.process.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    await forked.call('subscribe', 'e');
    void forked.call('disconnect').catch(() => undefined);
    await forked.exited;
    assert.ok(isGone());
    assert.equal(forked.stderr(), '');
    await until(() => stdout.endsWith('\n'), 'what it says');
    assert.deepEqual(JSON.parse(stdout), ['ERR_PUBSUB_OUTCOME_UNKNOWN', 'ERR_PUBSUB_CLOSED', 'closed']);
  });

  it('by process.disconnect(), while its process lives on', async () => {
    const [forked] = await forkReady(1);
    await forked?.call('subscribe', 'e');
    void forked?.call('leave').catch(() => undefined);
    await until(isGone, 'it is gone');
    assert.equal(forked?.worker.process.exitCode, null);
    assert.equal(forked?.worker.process.signalCode, null);
  });

  it('while a grandchild holds its channel open, and speaks on it', async () => {
    useSerialization('json');
    const forked = forkWorker('grandchild', { MODE: 'json' });
    await forked.ready;
    const pid = (await forked.call('child')) as number;
    try {
      assert.equal(primary.server.stats().subscriptions, 1);
      const orphaned = deferred<void>();
      forked.worker.on('message', (message: unknown) => message === 'orphaned' && orphaned.resolve());
      forked.worker.process.kill('SIGKILL');
      await once(forked.worker, 'exit');
      assert.equal(forked.worker.isConnected(), true, 'the grandchild holds the channel');
      await until(isGone, 'it is gone');
      await within(orphaned.promise, 'a word of the grandchild');
      assert.equal(primary.server.stats().accepted, 1, 'the dead do not connect');
      assert.deepEqual(await primary.connect().publish('e', 1), { listeners: 0 });
    } finally {
      process.kill(pid, 'SIGKILL');
    }
  });

  it('before it has said hello', async () => {
    const forked = forkWorker();
    forked.worker.process.kill('SIGKILL');
    await forked.exited;
    assert.equal(primary.server.stats().accepted, 0);
  });
});
