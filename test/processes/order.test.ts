/** Four workers that all publish and all subscribe: everything once, in one common order. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { startPrimary } from 'clustercast';
import { until } from '../support/until.js';
import { endWorkers, forkReady, useSerialization } from '../support/workers.js';

const count = 10_000;

describe('four workers publish ten thousand values each', () => {
  for (const serialization of ['advanced', 'json'] as const) {
    it(`every subscriber sees each of the others' once, and all see one order (${serialization})`, async () => {
      useSerialization(serialization);
      const primary = await startPrimary({ limits: { windowMessages: 1_000_000 } });
      try {
        const workers = await forkReady(4);
        const order: unknown[] = [];
        await primary.connect().subscribe('e', (value) => order.push(value));
        await Promise.all(workers.map(({ call }) => call('subscribe', 'e')));
        await Promise.all(workers.map(({ call }, from) => call('publishMany', 'e', from, 0, count)));
        const counts = async (): Promise<unknown[]> =>
          Promise.all(workers.map(({ call }) => call('count', 'e')));
        await until(async () => (await counts()).every((received) => received === 3 * count), 'all values');

        // The primary's own client is in the same order and leaves nobody out.
        assert.equal(order.length, 4 * count);
        for (const [own, { call }] of workers.entries()) {
          const expected = (order as [number, number][]).filter(([from]) => from !== own);
          assert.deepEqual(await call('received', 'e'), expected);
          const ofOne = (order as [number, number][]).filter(([from]) => from === own).map(([, n]) => n);
          assert.deepEqual(ofOne, [...Array(count).keys()]);
        }
        const { published, delivered, refused } = primary.server.stats();
        assert.deepEqual([published, delivered, refused], [4 * count, 16 * count, 0]);
      } finally {
        await endWorkers();
        await primary.close();
      }
    });
  }
  after(endWorkers);
});
