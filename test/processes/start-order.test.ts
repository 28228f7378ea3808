/** Whoever starts first: workers before the server, clients before workers' listeners, servers one after another. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startPrimary, type Primary } from 'clustercast';
import { until } from '../support/until.js';
import { endWorkers, forkReady, forkWorker, useSerialization } from '../support/workers.js';

describe('start order', () => {
  let primary: Primary | undefined;

  afterEach(async () => {
    await endWorkers();
    await primary?.close();
  });

  for (const serialization of ['advanced', 'json'] as const) {
    it(`workers that subscribe long before startPrimary() are served, each client once (${serialization})`, async () => {
      useSerialization(serialization);
      const workers = await forkReady(2, 'early');
      // By now several hellos of each client have met nobody.
      await delay(500);
      primary = await startPrimary();
      const early: unknown[] = [];
      const client = primary.connect();
      await client.subscribe('from-worker', (value) => early.push(value));
      const ids = (await Promise.all(workers.map(({ call }) => call('subscribed')))) as string[][];
      assert.equal(new Set(ids.flat()).size, 20);
      const { accepted, connections, subscriptions } = primary.server.stats();
      assert.deepEqual(
        { accepted, connections, subscriptions },
        { accepted: 21, connections: 21, subscriptions: 21 },
      );
      for (const { call } of workers)
        assert.ok(((await call('published')) as { listeners: number }).listeners <= 1);
      assert.deepEqual(await client.publish('e', 'hello'), { listeners: 20 });
      for (const { call } of workers) {
        await until(
          async () => ((await call('received')) as unknown[]).length === 10,
          'the value, on each client',
        );
      }
    });
  }

  it('hellos that were repeated while the primary stood still connect each client once', async () => {
    const workers = await forkReady(2, 'early');
    // Several hellos of each client lie in the channel when the server starts.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    primary = await startPrimary();
    await Promise.all(workers.map(({ call }) => call('subscribed')));
    assert.deepEqual(await primary.connect().publish('e', 1), { listeners: 20 });
    for (const { call } of workers) {
      await until(
        async () => ((await call('received')) as unknown[]).length === 10,
        'the value, on each client',
      );
      assert.equal(await call('connects'), 10);
    }
    assert.equal(primary.server.stats().accepted, 21);
  });

  it('a fork right before, and right after, startPrimary() is called', async () => {
    const before = forkWorker('early');
    const starting = startPrimary();
    const after = forkWorker('early');
    primary = await starting;
    await Promise.all([before.ready, after.ready]);
    await Promise.all([before.call('subscribed'), after.call('subscribed')]);
    assert.deepEqual(await primary.connect().publish('e', 1), { listeners: 20 });
  });

  it('a server that follows another one in the same process adopts the living workers, who are told the gap', async () => {
    primary = await startPrimary();
    const [one, two] = await forkReady(2);
    assert.ok(one !== undefined && two !== undefined);
    await Promise.all([one.call('subscribe', 'e'), two.call('subscribe', 'e')]);
    await one.call('publish', 'e', 1);
    await primary.close();
    for (const { call } of [one, two]) {
      await until(async () => String(await call('states')) === 'connect,disconnect', 'the disconnect');
    }
    primary = await startPrimary();
    for (const { call } of [one, two]) {
      await until(async () => String(await call('gaps')) === 'restart', 'the gap');
    }
    assert.equal(await one.call('publish', 'e', 2), 1);
    await until(async () => String(await two.call('received', 'e')) === '1,2', 'both values');
    assert.equal(primary.server.stats().subscriptions, 2);
  });
});
