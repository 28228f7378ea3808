/** A worker that is stopped: it misses what it is told that it misses, the primary keeps little for it, nobody else notices. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { event, onCluster } from '../support/fault-cluster.js';
import { until } from '../support/until.js';

const MiB = 1024 * 1024;
const perSecond = 20_000;
/** Values of 4 KiB in a window of 2 MiB. */
const perWindow = 512;

describe('a worker is stopped', () => {
  it('for three seconds under 20,000 messages a second: one gap at its place, and no more than 48 MB', (t) =>
    onCluster({}, async (cluster) => {
      const [publisher, stopped, ...others] = await cluster.fork(4);
      assert.ok(publisher !== undefined && stopped !== undefined);
      await publisher.call('flood', event, publisher.place, perSecond, 256);
      await until(async () => (await cluster.count()) > 5_000, 'the flood');
      const before = await cluster.memory();
      process.kill(stopped.pid, 'SIGSTOP');
      let living = 0;
      let resident = 0;
      for (const end = performance.now() + 3_000; performance.now() < end; await delay(200)) {
        const memory = await cluster.memory();
        living = Math.max(living, memory.living);
        resident = Math.max(resident, memory.resident);
      }
      await until(async () => (await cluster.stats()).behind === 1, 'it is behind', 30_000);
      process.kill(stopped.pid, 'SIGCONT');
      await until(async () => (await cluster.stats()).behind === 0, 'it has caught up');
      const outcomes = await publisher.call('stopFlood');
      const [publishers, told, ...rest] = await cluster.settle([publisher, stopped, ...others]);
      let after = await cluster.memory();
      // What a channel has read is freed some time after the message that was in it.
      const isFreed = async (): Promise<boolean> => {
        after = await cluster.memory();
        return after.living - before.living <= 10 * MiB;
      };
      await until(isFreed, 'what was kept is freed');
      const mebibytes = (bytes: number): string => (bytes / MiB).toFixed(1);
      t.diagnostic(
        `above before, in MiB: living ${mebibytes(living - before.living)}, after it ${mebibytes(after.living - before.living)}, ` +
          `resident ${mebibytes(resident - before.resident)}, after it ${mebibytes(after.resident - before.resident)}`,
      );
      t.diagnostic(`${told?.due} values due, ${told?.received} received, ${told?.told} told as missed`);
      assert.deepEqual(Object.keys(outcomes as object), ['answered']);
      assert.equal(told?.gaps, 1);
      assert.deepEqual(
        [publishers, ...rest].map((audit) => audit?.gaps),
        [0, 0, 0],
      );
      assert.ok(
        living - before.living <= 48 * MiB,
        'what lives in the primary is at most 48 MiB above before',
      );
      assert.ok(resident - before.resident <= 48 * MiB, 'and what it has from the system');
      assert.deepEqual(await cluster.story(), []);
      await cluster.end();
    }));

  it('for ever: it is killed when it has been silent for killStale, and what was kept for it is freed', () =>
    onCluster({ limits: { heartbeatTime: 100, staleTime: 500 }, killStale: 1_000 }, async (cluster) => {
      const [publisher, stopped] = await cluster.fork(2);
      assert.ok(publisher !== undefined && stopped !== undefined);
      await publisher.call('flood', event, publisher.place, 2_000, 1_000);
      await until(async () => (await cluster.count()) > 100, 'the flood');
      const before = await cluster.memory();
      process.kill(stopped.pid, 'SIGSTOP');
      await until(() => cluster.happened('exit', stopped), 'it is killed');
      await publisher.call('stopFlood');
      const [other] = await cluster.settle([publisher]);
      assert.equal(other?.gaps, 0);
      const story = await cluster.story();
      assert.deepEqual(
        story.map(([what, whose]) => [what, whose]),
        [
          ['stale', stopped.place],
          ['exit', stopped.place],
        ],
      );
      assert.ok(Number(story[0]?.[2]) >= 500, 'it was silent for staleTime when it was called stale');
      assert.equal(story[1]?.[2], 'SIGKILL');
      const { living } = await cluster.memory();
      assert.ok(living - before.living <= 10 * MiB, `${living - before.living} bytes stay`);
      const { connections, behind, stale } = await cluster.stats();
      assert.deepEqual([connections, behind, stale], [3, 0, 0]);
      await cluster.end();
    }));

  it('for ever, and nobody kills it: what is kept for it does not grow with what it misses', () =>
    onCluster({ limits: { heartbeatTime: 100, staleTime: 400, windowLength: 2 * MiB } }, async (cluster) => {
      const [stopped, other] = await cluster.fork(2);
      assert.ok(stopped !== undefined && other !== undefined);
      process.kill(stopped.pid, 'SIGSTOP');
      await cluster.publishPaced(other, 2 * perWindow, 4 * 1024);
      const { living } = await cluster.memory();
      const { missed } = await cluster.stats();
      await cluster.publishPaced(other, 20 * perWindow, 4 * 1024);
      const grown = (await cluster.memory()).living - living;
      assert.ok(grown < 8 * MiB, `${grown} bytes more after 20 windows more`);
      // All that was published may have taken less than staleTime.
      await until(async () => (await cluster.stats()).stale === 1, 'it is stale');
      const stats = await cluster.stats();
      assert.equal(stats.behind, 1);
      assert.ok(stats.missed >= missed, 'what is missed is counted where it is told');
      process.kill(stopped.pid, 'SIGCONT');
      const [toStopped, toOther] = await cluster.settle([stopped, other]);
      assert.deepEqual([toStopped?.gaps, toOther?.gaps], [1, 0]);
      assert.deepEqual(
        (await cluster.story()).map(([what]) => what),
        ['stale', 'recovered'],
      );
      await cluster.end();
    }));
});
