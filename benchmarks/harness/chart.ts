/**
 * What a scenario has drawn of its figures. How it is drawn is not its matter.
 */
import { spreadOf } from './statistics.js';

export type Chart = BarChart | LineChart;

interface Described {
  /** Names its file, in kebab-case: unique among all charts. */
  readonly name: string;
  readonly title: string;
  /** What the figures are, as in "deliveries per second". */
  readonly unit: string;
}

/** Groups of bars, each bar with its spread. */
export interface BarChart extends Described {
  readonly kind: 'bars';
  readonly groups: readonly BarGroup[];
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly median: number;
  readonly min: number;
  readonly max: number;
  /** Whether it is the product's own. */
  readonly isOurs: boolean;
}

/** One line per contestant or case over a common axis. */
export interface LineChart extends Described {
  readonly kind: 'lines';
  readonly xLabel: string;
  readonly xScale: 'linear' | 'log';
  readonly yScale: 'linear' | 'log';
  readonly lines: readonly Line[];
}

export interface Line {
  readonly label: string;
  /** From left to right. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly isOurs: boolean;
}

/** Whether what is called so is the product's own. */
export function isOurs(label: string): boolean {
  return label.startsWith('clustercast');
}

/** A bar for each series. */
export function barsOf(
  samples: Iterable<readonly [label: string, series: readonly number[]]>,
): readonly Bar[] {
  return Array.from(samples, ([label, series]) => ({ label, ...spreadOf(series), isOurs: isOurs(label) }));
}
