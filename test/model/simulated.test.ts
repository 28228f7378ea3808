/**
 * Whatever happens, invariant I: commands in any order on a simulated cluster with small windows, in any interleaving of
 * its processes, and a plain reference that says what each subscription was due and what each publish came to.
 */
import { describe, it } from 'node:test';
import { settingsFrom } from './settings.js';
import { deadlineOf, tryIn } from './trial.js';

const settings = settingsFrom(process.env, 5_000);

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
  const { runs } = settings;

  it(
    `keeps invariant I in each of ${runs} runs on simulated processes`,
    { timeout: deadlineOf(runs) },
    (test) => tryIn(test, 'model', settings, kinds),
  );
});
