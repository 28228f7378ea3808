/**
 * Whatever happens, maps keep their promises: commands in any order on a simulated cluster with small windows, logs and
 * parts, in any interleaving of its processes, and the server's own changes as the reference.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.js';
import { settingsFrom } from './settings.js';

const { runs, seed } = settingsFrom(process.env, 1_000);

/** What has to have happened, or the property holds for no reason. */
const kinds = [
  'gap',
  'stale',
  'fresh',
  'connect',
  'recovered',
  'expiry',
  'expired',
  'set',
  'update',
  'increments',
  'compare-and-set',
  'ERR_PUBSUB_CONFLICT',
  'ERR_PUBSUB_CLOSED',
  'ERR_PUBSUB_OUTCOME_UNKNOWN, lost',
  'ERR_PUBSUB_OUTCOME_UNKNOWN, accepted',
];

describe('maps in a cluster in which anything may happen', () => {
  const deadline = 60_000 + runs * 60;

  it(
    `are what the primary's were in each of ${runs} runs on simulated processes`,
    { timeout: deadline },
    async (test) => {
      const env = { MODEL_RUNS: String(runs), MODEL_SEED: String(seed) };
      const { code, stdout, stderr } = await runProgram('map-model', env, deadline);
      assert.deepEqual([stderr, code], ['', 0], stderr);
      test.diagnostic(stdout);
      const counts = JSON.parse(stdout) as Readonly<Record<string, number>>;
      if (runs < 500) return;
      const never = kinds.filter((kind) => counts[kind] === undefined);
      assert.deepEqual(never, [], 'these have never happened');
    },
  );
});
