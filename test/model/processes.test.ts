/**
 * The model on real processes: the same commands and the same reference, with signals instead of simulated faults. A run
 * takes longer here and reaches fewer states, but nothing in it is simulated.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { useSerialization } from '../support/workers.js';
import { begin, commands, sizes } from './commands.js';
import { judgeAtEnd, judgeAtRest } from './judge.js';
import { ProcessWorld } from './process-world.js';
import { settingsFrom, tried } from './settings.js';
import { Taps } from './taps.js';
import type { World } from './world.js';

const { runs: simulated, seed } = settingsFrom(process.env, 1_200);
const runs = Math.ceil(simulated / 100);

describe('a cluster of processes in which anything may happen', () => {
  it(`keeps invariant I in each of ${runs} runs`, { timeout: 60_000 + runs * 20_000 }, async (test) => {
    useSerialization('advanced');
    const taps = new Taps();
    const counts = new Map<string, number>();
    const note = (kind: string): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
    const options = fc.record(sizes);
    const property = fc.asyncProperty(options, commands(60, 'processes'), async (worldOptions, all) => {
      const world = new ProcessWorld(worldOptions, taps);
      await world.server.start();
      try {
        begin(world);
        await world.rest();
        await fc.asyncModelRun(() => ({ model: world as World, real: world as World }), all);
        await world.settle();
        judgeAtRest(world, note);
      } finally {
        await world.end();
      }
      judgeAtEnd(world, note);
    });
    // Each attempt at a simpler case would take as long as a run.
    await tried('processes', property, { runs, seed }, { endsAtFailure: true, asked: String(simulated) });
    test.diagnostic([...counts].map(([kind, count]) => `${count} ${kind}`).join(', '));
    if (runs < 50) return;
    const never = ['gap', 'restart', 'reconnect', 'unsubscribed', 'heard'].filter(
      (kind) => !counts.has(kind),
    );
    assert.deepEqual(never, [], 'these have never happened');
  });
});
