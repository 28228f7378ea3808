/**
 * What a hit of a cache costs: beside `lru-cache` alone, with and without awaiting it.
 */
import { barsOf, type BarChart } from '../harness/chart.js';
import type { Report, Requirement, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import {
  measureSizes,
  reading,
  samplesOf,
  sizesOf,
  warmUps,
  workersEach,
  type Measured,
  type Reading,
} from '../state-get/measure.js';
import { readsOf } from '../state-get/reading.js';

const cases = sizesOf([1_000, 10_000]);
/** What is compared with what: both are read in the same way. */
const ways = [
  { ours: 'clustercast-cache, awaited', floor: 'lru-cache, awaited' },
  { ours: 'clustercast-cache, peeked', floor: 'lru-cache' },
] as const;
const [awaited, peeked] = ways;
/** Of what `lru-cache` reads. */
const atLeast = 0.5;

const contenders: readonly Reading[] = [
  reading(peeked.floor, 'lru-cache', 'local'),
  reading(peeked.ours, 'clustercast-cache', 'local'),
  reading(awaited.floor, 'lru-cache', 'awaited'),
  reading(awaited.ours, 'clustercast-cache', 'awaited'),
  reading('bentocache, awaited', 'bentocache', 'awaited', 20_000),
];

const method = `As state-get, with caches that hold all that is read: ${workersEach} workers of each contender, of which another one is measured in each round; ${readsOf.local.toLocaleString('en-US')}
reads in a round, or ${readsOf.awaited.toLocaleString('en-US')} where each is awaited (20,000 of bentocache), in a disorder that is always the same, with keys that are strings of their own.
Awaited, lru-cache's value is awaited as well, though it is there at once: that is what the event loop takes for it. ${warmUps} rounds to warm up.`;

export const cacheGet: Scenario = {
  name: 'cache-get',
  summary: `nanoseconds for a hit of a cache of ${cases.map(({ size }) => size.toLocaleString('en-US')).join(' or ')} entries`,
  rounds: 15,
  run,
};

async function run(asked: Run): Promise<Report> {
  const { measured, lines } = await measureSizes(contenders, cases, asked);
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: measured.map((one) => tableOf(one, asked.rounds)),
    charts: [chartOf(measured)],
    requirements: measured.flatMap(requiredOf),
    samples: samplesOf(measured),
  };
}

function tableOf({ size, samples }: Measured, rounds: number): Table {
  const rows = [...samples].map(([name, series]) => {
    const { median: middle, min, max } = spreadOf(series);
    const base = samples.get(name.endsWith('awaited') ? awaited.floor : peeked.floor);
    const compared = base === undefined ? undefined : spreadOf(ratios(base, series));
    return [
      ...[name, figure(middle), figure(min), figure(max)],
      ...(compared === undefined
        ? ['-', '-']
        : [times(compared.median), `${times(compared.min)} - ${times(compared.max)}`]),
    ];
  });
  return {
    title: `${size.toLocaleString('en-US')} entries: nanoseconds for one hit in ${rounds} rounds; how many times as fast as lru-cache read in the same way, as medians of the ratios within a round`,
    head: ['contender', 'median', 'min', 'max', 'x lru-cache', 'min - max'],
    rows,
  };
}

function requiredOf({ size, samples }: Measured): Requirement[] {
  return ways.flatMap(({ ours, floor }) => {
    const [series, base] = [samples.get(ours), samples.get(floor)];
    if (series === undefined || base === undefined) return [];
    const what = `${size.toLocaleString('en-US')} entries: ${ours}: times as fast as ${floor}`;
    return { what, actual: median(ratios(base, series)), bound: atLeast, is: 'at least' };
  });
}

function chartOf(measured: readonly Measured[]): BarChart {
  const groups = measured.map(({ size, samples }) => ({
    title: `${size.toLocaleString('en-US')} entries`,
    bars: barsOf(samples),
  }));
  return { kind: 'bars', name: 'cache-get', title: 'A hit of a cache', unit: 'nanoseconds', groups };
}
