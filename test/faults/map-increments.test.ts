/**
 * Increments by eight workers that are killed at random moments, and forked anew: the total is what was acknowledged, and at
 * most those on their way. `MAP_INCREMENTS` says how many there are, 40,000 without it; `SEED` replays the moments.
 *
 *     npm run build && MAP_INCREMENTS=1000000 node scripts/test.js faults/map-increments
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { startPrimary } from 'clustercast';
import { randomFrom } from '../support/random.js';
import { within } from '../support/until.js';
import { endWorkers, forkWorker, kill, type Forked } from '../support/workers.js';

const count = Number((process.env['MAP_INCREMENTS'] ?? '40_000').replaceAll('_', ''));
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 0x7fffffff));
const workers = 8;
const atATime = 100;

afterEach(endWorkers);

describe('increments by workers that are killed', () => {
  it(
    `add up to what was acknowledged, and at most what was unknown: ${count}`,
    { timeout: 60_000 + count },
    async (test) => {
      const next = randomFrom(seed);
      const primary = await startPrimary();
      const counters = await primary.connect().map<number>('counters');
      let [asked, acknowledged, kills] = [0, 0, 0];
      const others: string[] = [];

      /** Works on its share until it is done, or the worker is killed. */
      const work = async (): Promise<void> => {
        for (let left = Math.floor(count / workers); left > 0;) {
          // Some blocks later; the last ones are left in peace.
          const lifetime =
            left > 10 * atATime ? Math.ceil(next() * Math.min(120, count / workers / atATime)) : Infinity;
          left -= await life(left, lifetime);
        }
      };
      /** @returns how many the worker has begun with. */
      const life = async (left: number, lifetime: number): Promise<number> => {
        let [own, blocks] = [0, 0];
        const forked: Forked = forkWorker(
          'map-worker',
          {},
          {
            asked: (_pid: number, some: number) => {
              own += some;
              asked += some;
              blocks += 1;
              // In the middle of what it has just said.
              if (blocks >= lifetime && !forked.worker.isDead()) {
                kills += 1;
                setTimeout(() => forked.worker.process.kill('SIGKILL'), next() * 4);
              }
            },
            settled: (_pid: number, some: number, other?: string) => {
              acknowledged += some;
              if (other !== undefined) others.push(other);
            },
          },
        );
        await within(forked.ready, 'a worker is ready', 30_000);
        const done = forked.call('increment', 'total', left, atATime).catch(() => undefined);
        await Promise.race([done, forked.exited]);
        await (forked.worker.isDead() ? forked.exited : kill(forked));
        return own;
      };

      await Promise.all(Array.from({ length: workers }, () => work()));
      const total = counters.get('total') ?? 0;
      const figures = `${total} of ${asked} asked, ${acknowledged} acknowledged, ${kills} kills, seed ${seed}`;
      test.diagnostic(figures);
      assert.deepEqual(others, [], figures);
      assert.ok(total >= acknowledged && total <= asked, figures);
      assert.ok(asked - acknowledged <= kills * atATime, figures);
      assert.ok(kills >= workers, figures);
      await primary.close();
    },
  );
});
