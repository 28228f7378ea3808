/**
 * What is said of the latencies: tables, charts, and what is required of them. All in microseconds.
 */
import { isOurs, type Chart } from '../harness/chart.js';
import type { Samples } from '../harness/interleave.js';
import type { Requirement } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import type { Measured } from './paces.js';

const ours = 'clustercast, advanced';
const floors = ['relay, json', 'relay, advanced'];
/** Of what the faster relay takes. */
const most = 1.15;

export function tableOf({ pace, p50, p99 }: Measured, rounds: number): Table {
  const bases = { p50: fasterFloor(p50), p99: fasterFloor(p99) };
  const rows = [...p50.keys()].map((name) => [
    name,
    ...cells(p50, name, bases.p50),
    ...cells(p99, name, bases.p99),
  ]);
  return {
    title: `${pace.title}: microseconds from publish to handler in ${rounds} rounds; ratios to the faster relay are medians of the ratios within a round`,
    head: ['contender', ...['50th percentile', '99th percentile'].flatMap(headOf)],
    rows,
  };
}

export function requiredOf({ pace, p50, p99 }: Measured): Requirement[] {
  if (pace.round.rate === undefined) return required(`${pace.title}, 50th percentile`, p50);
  if (pace.round.rate === 1_000) return required(`${pace.title}, 99th percentile`, p99);
  return [];
}

/** Bars for one at a time, lines over the rates. */
export function chartsOf(measured: readonly Measured[]): Chart[] {
  const steady = measured.filter(({ pace }) => pace.round.rate !== undefined);
  const bars = measured
    .filter(({ pace }) => pace.round.rate === undefined)
    .map(({ pace, p50, p99 }): Chart => ({
      kind: 'bars',
      name: `latency-${pace.name}`,
      title: `From publish to handler, ${pace.title}`,
      unit: 'microseconds',
      groups: [groupOf('50th percentile', p50), groupOf('99th percentile', p99)],
    }));
  if (steady.length < 2) return bars;
  return [
    ...bars,
    linesOf('latency-p50', '50th percentile', steady, ({ p50 }) => p50),
    linesOf('latency-p99', '99th percentile', steady, ({ p99 }) => p99),
  ];
}

function headOf(percentile: string): string[] {
  return [`${percentile}: median`, 'min - max', 'x relay'];
}

function cells(samples: Samples, name: string, base: string | undefined): string[] {
  const series = samples.get(name) ?? [];
  const { median: middle, min, max } = spreadOf(series);
  const ratio = base === undefined ? '-' : times(median(ratios(series, samples.get(base) ?? [])));
  return [figure(middle), `${figure(min)} - ${figure(max)}`, ratio];
}

function required(what: string, samples: Samples): Requirement[] {
  const series = samples.get(ours);
  const base = fasterFloor(samples);
  if (series === undefined || base === undefined) return [];
  const actual = median(ratios(series, samples.get(base) ?? []));
  return [{ what: `${what}: ${ours}: times ${base}`, actual, bound: most, is: 'at most' }];
}

/** The relay's serialization that takes less. */
function fasterFloor(samples: Samples): string | undefined {
  const middles = floors.flatMap((name) => {
    const series = samples.get(name);
    return series === undefined ? [] : [{ name, middle: median(series) }];
  });
  return middles.toSorted((a, b) => a.middle - b.middle)[0]?.name;
}

function groupOf(title: string, samples: Samples) {
  const bars = [...samples].map(([label, series]) => ({
    label,
    ...spreadOf(series),
    isOurs: isOurs(label),
  }));
  return { title, bars };
}

function linesOf(
  name: string,
  percentile: string,
  steady: readonly Measured[],
  pick: (measured: Measured) => Samples,
): Chart {
  const labels = new Set(steady.flatMap((one) => [...pick(one).keys()]));
  const lines = [...labels].map((label) => ({
    label,
    points: steady.flatMap((one) => {
      const series = pick(one).get(label);
      return series === undefined ? [] : [[one.pace.round.rate ?? 0, median(series)] as const];
    }),
    isOurs: isOurs(label),
  }));
  return {
    kind: 'lines',
    name,
    title: `From publish to handler: ${percentile}`,
    unit: 'microseconds',
    xLabel: 'messages per second',
    xScale: 'log',
    yScale: 'log',
    lines,
  };
}
