/**
 * What one dimension of the scenario is: something grows, everything else stays as it is.
 */
import type { LineChart } from '../harness/chart.js';
import type { Samples } from '../harness/interleave.js';
import type { Report, Run } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';

export interface Part {
  /** What the command line calls it. */
  readonly name: string;
  /** Measures, as a scenario does. */
  run(run: Run): Promise<Report>;
}

/** One who is measured: where it stands on the axis, and in which line. */
export interface Step {
  readonly name: string;
  readonly size: number;
  readonly line: string;
}

/** A row for each step, beside the step of its line that has the size of the base. */
export function growthTable(
  title: string,
  steps: readonly Step[],
  samples: Samples,
  base: { readonly size: number; readonly called: string },
): Table {
  const rows = steps.map(({ name, line }) => {
    const series = samples.get(name) ?? [];
    const start = steps.find((step) => step.line === line && step.size === base.size);
    const compared = ratios(series, samples.get(start?.name ?? '') ?? []);
    const { median: middle, min, max } = spreadOf(series);
    const spread = spreadOf(compared);
    return [
      ...[name, figure(middle), figure(min), figure(max)],
      ...[times(median(compared)), `${times(spread.min)} - ${times(spread.max)}`],
    ];
  });
  return { title, head: ['', 'median', 'min', 'max', `x ${base.called}`, 'min - max'], rows };
}

interface Drawn {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly xLabel: string;
  readonly yScale: LineChart['yScale'];
}

/** A line for each of the steps' lines, over their sizes. */
export function growthChart(
  drawn: Drawn,
  steps: readonly Step[],
  samples: Samples,
  isOurs: (line: string) => boolean = () => true,
): LineChart {
  const lines = [...new Set(steps.map(({ line }) => line))].map((label) => ({
    label,
    points: steps
      .filter(({ line }) => line === label)
      .map(({ name, size }): [number, number] => [size, median(samples.get(name) ?? [])]),
    isOurs: isOurs(label),
  }));
  return { kind: 'lines', ...drawn, xScale: 'log', lines };
}
