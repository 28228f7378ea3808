/** Workers that are killed: the others go on, and nothing of the dead stays. */
import assert from 'node:assert/strict';
import cluster from 'node:cluster';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startPrimary } from 'clustercast';
import { randomFrom } from '../support/random.js';
import { until } from '../support/until.js';
import { endWorkers, forkReady, forkWorker, kill } from '../support/workers.js';

describe('a worker is killed', () => {
  afterEach(endWorkers);

  it('in the middle: its subscriptions go at once, the survivors miss nothing, its replacement is served', async () => {
    const primary = await startPrimary();
    try {
      const [publisher, survivor, victim] = await forkReady(3);
      assert.ok(publisher !== undefined && survivor !== undefined && victim !== undefined);
      await Promise.all([survivor, victim].map(({ call }) => call('subscribe', 'e')));
      assert.equal(primary.server.stats().subscriptions, 2);

      const first = publisher.call('publishMany', 'e', 0, 0, 20_000);
      await until(() => primary.server.stats().published > 2_000, 'the middle');
      victim.worker.process.kill('SIGKILL');
      await once(victim.worker, 'exit');
      await until(() => primary.server.stats().subscriptions === 1, 'the dead has no subscriptions', 100);
      const [replacement] = await forkReady(1);
      await replacement?.call('subscribe', 'e');
      await first;
      const before = (await replacement?.call('count', 'e')) as number;
      await publisher.call('publishMany', 'e', 0, 20_000, 25_000);

      await until(async () => (await survivor.call('count', 'e')) === 25_000, 'all values');
      const expected = Array.from({ length: 25_000 }, (_, n) => [0, n]);
      assert.deepEqual(await survivor.call('received', 'e'), expected);
      await until(async () => (await replacement?.call('count', 'e')) === before + 5_000, 'all values since');
      // What it got is all that there was from some moment on, with nothing missing.
      const received = (await replacement?.call('received', 'e')) as unknown[];
      assert.deepEqual(received, expected.slice(-received.length));
    } finally {
      await endWorkers();
      await primary.close();
    }
  });

  it(
    'two hundred times, at random moments: the survivors are complete, and nothing is left over',
    { timeout: 200_000 },
    async (t) => {
      const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
      t.diagnostic(`SEED=${seed}`);
      const random = randomFrom(seed);
      const listenersBefore = countListeners();
      // On a busy machine a survivor may be behind for a while, and nothing is to be missed here for that.
      const primary = await startPrimary({ limits: { windowMessages: 1_000_000 } });
      try {
        const [publisher, subscriber] = await forkReady(2);
        assert.ok(publisher !== undefined && subscriber !== undefined);
        await subscriber.call('subscribe', 'e');
        const before = await held();

        let kills = 0;
        const isDone = (): boolean => kills >= 200;
        let published = 0;
        const publishing = (async () => {
          while (!isDone()) {
            await publisher.call('publishMany', 'e', 0, published, published + 100);
            published += 100;
          }
        })();
        // From before the first hello to the middle of a flood; two at a time, on two processors.
        const killing = async (): Promise<void> => {
          while (!isDone()) {
            kills += 1;
            const victim = forkWorker('flood');
            if (random() < 0.7) await victim.ready;
            await delay(random() * 30);
            await kill(victim);
            assert.equal(victim.stderr(), '');
          }
        };
        await Promise.all([killing(), killing(), publishing]);

        await until(async () => (await subscriber.call('count', 'e')) === published, 'all values');
        const expected = Array.from({ length: published }, (_, n) => [0, n]);
        assert.deepEqual(await subscriber.call('received', 'e'), expected);
        const { connections, subscriptions, events } = primary.server.stats();
        assert.deepEqual([connections, subscriptions, events], [2, 1, 1]);
        assert.equal(Object.keys(cluster.workers ?? {}).length, 2);
        const left = async (): Promise<string[]> => more(before, await held());
        // Node frees some of it a moment after the event; if it does not, the comparison says what is left.
        await until(async () => (await left()).length === 0, 'nothing more than before').catch(
          () => undefined,
        );
        assert.deepEqual(await left(), []);
      } finally {
        await endWorkers();
        await primary.close();
      }
      assert.deepEqual(countListeners(), listenersBefore);
    },
  );
});

/** What this process holds, by kind: descriptors, and what keeps it alive. */
async function held(): Promise<Map<string, number>> {
  await new Promise((resolve) => setImmediate(resolve));
  const counts = new Map<string, number>();
  const descriptors =
    process.platform === 'linux' ? readdirSync('/proc/self/fd').map(() => 'descriptor') : [];
  for (const kind of [...descriptors, ...process.getActiveResourcesInfo()]) {
    // These come and go with any turn.
    if (kind !== 'Immediate' && kind !== 'TickObject') counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** The kinds of which there is more than before. */
function more(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after]
    .filter(([kind, count]) => count > (before.get(kind) ?? 0))
    .map(([kind, count]) => `${count} ${kind}, not ${before.get(kind) ?? 0}`);
}

function countListeners(): Record<string, number> {
  return Object.fromEntries(cluster.eventNames().map((name) => [String(name), cluster.listenerCount(name)]));
}
