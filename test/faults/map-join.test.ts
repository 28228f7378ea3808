/** A replica that joins while a map changes 10,000 times a second: what it begins with is of one moment, and it misses nothing. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { startPrimary, type ReplicatedMap } from 'clustercast';
import { until } from '../support/until.js';
import { endWorkers, forkReady } from '../support/workers.js';

interface Watched {
  readonly first: number;
  readonly versions: readonly number[];
  readonly torn: readonly string[];
  readonly isStale: boolean;
  readonly entries: Readonly<Record<string, number>>;
}

const perSecond = 10_000;
const tick = 5;

/** Changes two keys one after the other, over and over. @returns how to stop it; resolves when all has been written. */
function change(map: ReplicatedMap<number>): () => Promise<void> {
  const written: Promise<unknown>[] = [];
  const timer = setInterval(() => {
    // A machine that does not keep up has fewer of them, and nothing to catch up with.
    for (let due = (perSecond / 1_000) * tick; due > 0; due -= 2) {
      const n = written.length / 2 + 1;
      written.push(map.set('first', n), map.set('second', n));
    }
  }, tick);
  return async () => {
    clearInterval(timer);
    await Promise.all(written);
  };
}

afterEach(endWorkers);

describe('a replica that joins while the map changes all the time', () => {
  it('begins with one moment of it, and goes on from there change by change', async (test) => {
    const primary = await startPrimary();
    const map = await primary.connect().map<number>('pairs');
    // One stands in the first part of the contents, and the other in the last one.
    await map.set('first', 0);
    for (let n = 0; n < 600; n += 1) await map.set(`${n} ${'x'.repeat(1_000)}`, n);
    await map.set('second', 0);
    const workers = await forkReady(2, 'map-worker');
    const stop = change(map);
    await until(() => map.version > 1_000, 'it changes');
    const joined: { version: number; size: number }[] = [];
    for (const { call } of workers)
      joined.push((await call('join', 'pairs')) as { version: number; size: number });
    const { version } = map;
    await until(() => map.version > version + 1_000, 'it changes on');
    await stop();
    for (const [n, { call }] of workers.entries()) {
      await until(async () => (await call('version')) === map.version, 'it has all');
      const { first, versions, torn, isStale, entries } = (await call('watched')) as Watched;
      assert.deepEqual(joined[n], { version: first, size: 602 });
      assert.ok(first > 1_000, 'it has joined in the middle');
      assert.deepEqual(torn, []);
      assert.deepEqual(
        versions,
        Array.from({ length: map.version - first }, (_, i) => first + 1 + i),
      );
      assert.deepEqual([isStale, entries], [false, Object.fromEntries(map)]);
    }
    test.diagnostic(`joined at ${joined.map((one) => one.version).join(' and ')} of ${map.version} changes`);
    await primary.close();
  });
});
