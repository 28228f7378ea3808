/**
 * A replica of a map with 100,000 entries joins: the primary gives it a part at a time, none longer than it should be, and
 * everybody else has turns in between. How long that takes is measured in benchmarks/.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import { SimulatedCluster } from 'clustercast/testing';
import { Scan } from '#lib/state/server/maps/scan.js';

const entries = 100_000;

/** The longest entry here, as it is spelled. */
const entryLength = 60;

describe('a map of 100,000 entries', () => {
  it('is given to a replica that joins a part at a time, and others come in between', async (test) => {
    await using cluster = new SimulatedCluster();
    await cluster.start();
    const writer = cluster.connect();
    const map = await writer.map<object>('large');
    for (let n = 0; n < entries; n += 1_000) {
      const some = Array.from({ length: 1_000 }, (_, i) => map.set(`key ${n + i}`, { n: n + i, isOn: true }));
      await Promise.all(some);
    }
    const { mock: scans } = test.mock.method(Scan.prototype, 'next');
    const other = cluster.fork().connect();
    await cluster
      .fork()
      .connect()
      .subscribe('e', () => undefined);
    const joined = cluster.fork().connect().map<object>('large');
    const state = { isThere: false };
    void joined.then(() => (state.isThere = true));
    /** How many parts had been given when somebody else had published something. */
    const seen = new Set<number>();
    while (!state.isThere) {
      await other.publish('e', 1);
      seen.add(scans.callCount());
    }
    const replica = await joined;
    assert.deepEqual([replica.size, replica.version, replica.isStale], [entries, map.version, false]);
    assert.deepEqual(replica.get('key 99999'), { n: 99_999, isOn: true });
    const parts = scans.calls.map(({ result = '' }) => result.length);
    assert.ok(parts.length > 50, `${parts.length} parts`);
    const longest = Math.max(...parts);
    // Each entry in it brings a comma.
    assert.ok(longest <= defaultLimits.mapPartLength * 1.05 + entryLength, `a part of ${longest}`);
    // A part is asked for when the one before has come: never two without a turn for the others.
    assert.ok(seen.size >= parts.length / 2, `${seen.size} turns of others in ${parts.length} parts`);
    test.diagnostic(`${parts.length} parts of up to ${longest} characters`);
  });
});
