/**
 * How fast is published: each pace is a case of the scenario.
 */
import type { Samples } from '../harness/interleave.js';
import type { Round } from './round.js';

/** A way to publish, by the name that the command line knows. */
export interface Pace {
  readonly name: string;
  readonly title: string;
  readonly round: Round;
}

/** What was measured at a pace, in microseconds. */
export interface Measured {
  readonly pace: Pace;
  readonly p50: Samples;
  readonly p99: Samples;
  readonly answered: Samples;
}

export const paces: readonly Pace[] = [
  { name: 'one-at-a-time', title: 'one at a time', round: { count: 400, rate: undefined } },
  { name: '1000', title: '1,000 a second', round: { count: 1_000, rate: 1_000 } },
  { name: '5000', title: '5,000 a second', round: { count: 2_500, rate: 5_000 } },
  { name: '20000', title: '20,000 a second', round: { count: 10_000, rate: 20_000 } },
];
