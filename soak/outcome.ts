/**
 * What a run has found.
 */
import type { ServerStats } from 'clustercast';
import type { CrowdCounts } from './crowd.js';
import type { FaultCounts, Moment } from './faults.js';
import type { Judge } from './judge/judge.js';
import type { Vitals } from './vitals.js';

/** At a time, in milliseconds since the start. */
export interface Sample extends Vitals {
  readonly time: number;
}

/** What the primary holds when nothing is under way. */
export interface Rest extends Sample {
  readonly connections: number;
  readonly subscriptions: number;
}

export interface Outcome {
  readonly seed: number;
  /** Milliseconds. */
  readonly time: number;
  readonly judge: Judge;
  readonly samples: readonly Sample[];
  /** The first one is after the warm-up. */
  readonly rests: readonly Rest[];
  readonly faults: FaultCounts;
  /** When they were, in milliseconds since the start. */
  readonly moments: readonly Moment[];
  /** How often the server found a worker stale, and found it to live after all. */
  readonly liveness: { readonly stale: number; readonly recovered: number };
  readonly crowd: CrowdCounts;
  readonly server: ServerStats;
}
