/**
 * Whatever happens, invariant I: commands in any order on a simulated cluster with small windows, in any interleaving of
 * its processes, and a plain reference that says what each subscription was due and what each publish came to.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.js';
import { settingsFrom } from './settings.js';

const { runs, seed } = settingsFrom(process.env, 5_000);

/** What has to have happened, or the property holds for no reason. */
const kinds = [
  'gap',
  'several gaps',
  'restart',
  'reconnect',
  'unsubscribed',
  'heard',
  'heard by nobody',
  'ERR_PUBSUB_CLOSED',
  'ERR_PUBSUB_BACKPRESSURE',
  'ERR_PUBSUB_NO_PRIMARY',
  'ERR_PUBSUB_TIMEOUT, lost',
  'ERR_PUBSUB_TIMEOUT, accepted',
  'ERR_PUBSUB_OUTCOME_UNKNOWN, lost',
  'ERR_PUBSUB_OUTCOME_UNKNOWN, lost by one that is dead',
  'ERR_PUBSUB_OUTCOME_UNKNOWN, accepted by one that is dead',
];

describe('a cluster in which anything may happen', () => {
  const deadline = 60_000 + runs * 60;

  it(
    `keeps invariant I in each of ${runs} runs on simulated processes`,
    { timeout: deadline },
    async (test) => {
      const env = { MODEL_RUNS: String(runs), MODEL_SEED: String(seed) };
      const { code, stdout, stderr } = await runProgram('model', env, deadline);
      assert.deepEqual([stderr, code], ['', 0], stderr);
      test.diagnostic(stdout);
      const counts = JSON.parse(stdout) as Readonly<Record<string, number>>;
      if (runs < 500) return;
      const never = kinds.filter((kind) => counts[kind] === undefined);
      assert.deepEqual(never, [], 'these have never happened');
    },
  );
});
