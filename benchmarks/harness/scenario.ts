/**
 * What a benchmark is: a scenario measures its contestants and reports tables and charts, and what was required
 * of the figures.
 */
import type { Chart } from './chart.js';
import type { Samples } from './interleave.js';
import type { Table } from './table.js';

export interface Scenario {
  /** What the command line calls it. */
  readonly name: string;
  /** What it shows, in one line. */
  readonly summary: string;
  /** How often each contestant is measured unless the command line says otherwise. */
  readonly rounds: number;
  /**
   * Measures. Rejects where something did not arrive, arrived twice, out of order or too late: there is no
   * figure then.
   */
  run(run: Run): Promise<Report>;
}

/** One run of a scenario. */
export interface Run {
  readonly rounds: number;
  /** Shows how far it is; shown only where somebody watches. */
  readonly progress: (text: string) => void;
  /** The cases to measure, where a scenario has several; without them, all. */
  readonly cases?: readonly string[] | undefined;
  /** The contestants to measure, where a scenario has some to choose from; without them, all. */
  readonly only?: readonly string[] | undefined;
}

export interface Report {
  /** How it was measured, for whoever reads the figures; in Markdown. */
  readonly method: string;
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  readonly requirements: readonly Requirement[];
  /** Of what was measured beside it and is no npm package: servers. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Every measurement, for `--json`. */
  readonly samples: Readonly<Record<string, Samples>>;
}

/** What a figure has to be. */
export interface Requirement {
  /** What the figure is, as in "64 B, 1 to 3, one name: times the relay". */
  readonly what: string;
  readonly actual: number;
  readonly bound: number;
  readonly is: 'at least' | 'at most';
}

export function isMet({ actual, bound, is }: Requirement): boolean {
  return is === 'at least' ? actual >= bound : actual <= bound;
}
