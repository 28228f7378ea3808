/** Event loops that stand still for longer than a silence may be: nobody is taken for dead, and nothing is lost untold. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { event, onCluster } from '../support/fault-cluster.js';
import { until } from '../support/until.js';

describe('an event loop is blocked', () => {
  it("a worker's: it is called stale, then recovered, and is not given up", () =>
    onCluster(
      { limits: { heartbeatTime: 100, staleTime: 500, windowLength: 200_000 }, killStale: 20_000 },
      async (cluster) => {
        const [publisher, blocked] = await cluster.fork(2);
        assert.ok(publisher !== undefined && blocked !== undefined);
        await publisher.call('flood', event, publisher.place, 2_000, 64);
        // Its own publishes are answered, however far behind it is.
        await blocked.call('flood', event, blocked.place, 200, 64);
        const unblocked = blocked.call('block', 2_000);
        await until(() => cluster.happened('stale', blocked), 'it is called stale');
        assert.equal((await cluster.stats()).stale, 1);
        await unblocked;
        await until(() => cluster.happened('recovered', blocked), 'it is called recovered');
        for (const { call } of [publisher, blocked]) {
          assert.deepEqual(Object.keys((await call('stopFlood')) as object), ['answered']);
        }
        const [other, told] = await cluster.settle([publisher, blocked]);
        assert.deepEqual([other?.gaps, told?.gaps], [0, 1]);
        // Who only has nothing to say is not called anything.
        await delay(1_000);
        assert.deepEqual(
          (await cluster.story()).map(([what, whose]) => [what, whose]),
          [
            ['stale', blocked.place],
            ['recovered', blocked.place],
          ],
        );
        const { connections, accepted } = await cluster.stats();
        assert.deepEqual([connections, accepted], [4, 4]);
        await cluster.end();
      },
    ));

  it("the primary's, under load: the workers know, and none of them is taken for dead", () => {
    const limits = { heartbeatTime: 200, staleTime: 800 };
    return onCluster({ limits, killStale: 1_200 }, async (cluster) => {
      const replicas = await cluster.fork(2, limits);
      await Promise.all(replicas.map(({ call, place }) => call('flood', event, place, 1_000, 64)));
      await until(async () => (await cluster.count()) > 500, 'the load');
      await cluster.call('block', 2_000);
      for (const { call } of replicas) {
        await until(async () => String(await call('raised')) === 'connect,stale,recovered', 'they know');
      }
      const outcomes = await Promise.all(replicas.map(({ call }) => call('stopFlood')));
      for (const outcome of outcomes) assert.deepEqual(Object.keys(outcome as object), ['answered']);
      await cluster.settle(replicas);
      assert.deepEqual(await cluster.story(), []);
      const { connections, accepted } = await cluster.stats();
      assert.deepEqual([connections, accepted], [4, 4]);
      await cluster.end();
    });
  });
});
