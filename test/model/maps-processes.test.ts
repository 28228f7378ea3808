/** The model of maps on real processes: the same commands and the same reference, with signals instead of simulated faults. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { useSerialization } from '../support/workers.js';
import { beginMaps, mapCommands, mapSizes } from './map-commands.js';
import { judgeMapsAtEnd, judgeMapsAtRest } from './map-judge.js';
import { ProcessMapWorld } from './map-process-world.js';
import { watchClients } from './map-records.js';
import { MapTaps } from './map-reference.js';
import type { MapWorld } from './map-world.js';
import { settingsFrom, tried } from './settings.js';

const { runs: simulated, seed } = settingsFrom(process.env, 700);
const runs = Math.ceil(simulated / 100);

describe('maps in a cluster of processes in which anything may happen', () => {
  it(
    `are what the primary's were in each of ${runs} runs`,
    { timeout: 60_000 + runs * 20_000 },
    async (test) => {
      useSerialization('advanced');
      watchClients();
      const taps = new MapTaps(() => process.hrtime.bigint());
      const counts = new Map<string, number>();
      const note = (kind: string): void => void counts.set(kind, (counts.get(kind) ?? 0) + 1);
      const property = fc.asyncProperty(
        fc.record(mapSizes),
        mapCommands(60, 'processes'),
        async (sizes, all) => {
          const world = new ProcessMapWorld(sizes, taps);
          await world.server.start();
          try {
            beginMaps(world);
            await world.settle();
            await fc.asyncModelRun(() => ({ model: world as MapWorld, real: world as MapWorld }), all);
            await world.settle();
            await judgeMapsAtRest(world, note);
            judgeMapsAtEnd(world, (await world.reports()).values(), note);
          } finally {
            await world.end();
          }
        },
      );
      // Each attempt at a simpler case would take as long as a run.
      await tried(
        'maps-processes',
        property,
        { runs, seed },
        { endsAtFailure: true, asked: String(simulated) },
      );
      test.diagnostic([...counts].map(([kind, count]) => `${count} ${kind}`).join(', '));
      if (runs < 50) return;
      const never = ['gap', 'fresh', 'set', 'update', 'increments', 'expiry'].filter(
        (kind) => !counts.has(kind),
      );
      assert.deepEqual(never, [], 'these have never happened');
    },
  );
});
