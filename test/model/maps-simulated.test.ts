/**
 * Whatever happens, maps keep their promises: commands in any order on a simulated cluster with small windows, logs and
 * parts, in any interleaving of its processes, and the server's own changes as the reference.
 */
import { describe, it } from 'node:test';
import { settingsFrom } from './settings.js';
import { deadlineOf, tryIn } from './trial.js';

const settings = settingsFrom(process.env, 1_000);

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
  const { runs } = settings;

  it(
    `are what the primary's were in each of ${runs} runs on simulated processes`,
    { timeout: deadlineOf(runs) },
    (test) => tryIn(test, 'map-model', settings, kinds),
  );
});
