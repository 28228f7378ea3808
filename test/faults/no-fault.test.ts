/** Invariant I where nothing goes wrong: everything arrives, whatever its size. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { event, onCluster } from '../support/fault-cluster.js';
import { keyOf, publisherOf } from '../support/fault-values.js';

const publishers = 4;
const count = 12_500;
/** More than all of it: who is slower than the others for a moment is not behind. */
const limits = { windowLength: 256 * 1024 * 1024 };

describe('without a fault', () => {
  it('four publish 50,000 values of up to 1 MB: everybody has all of them, in one order, and no gap', () =>
    onCluster({ limits }, async (cluster) => {
      const replicas = await cluster.fork(publishers);
      const outcomes = await Promise.all(
        replicas.map(({ call, place }) => call('publish', event, place, count, 'mixed')),
      );
      assert.deepEqual(
        outcomes,
        Array.from(replicas, () => ({ answered: count })),
      );
      for (const { received, gaps } of await cluster.settle(replicas)) {
        assert.deepEqual([received, gaps], [(publishers - 1) * count + 1, 0]);
      }
      const order = await cluster.order();
      for (const { place } of replicas) {
        const ofOne = order.filter((key) => publisherOf(key) === place);
        assert.deepEqual(
          ofOne,
          Array.from({ length: count }, (_, n) => keyOf(place, n)),
        );
      }
      await cluster.end();
    }));
});
