/**
 * What it costs to read one entry of what all processes share: from a replica, beside a bare Map, and from a server.
 */
import { isOurs, type LineChart } from '../harness/chart.js';
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
} from './measure.js';
import { readsOf, together } from './reading.js';

const cases = sizesOf([1_000, 10_000, 100_000]);
const [ours, floor, server] = ['clustercast-map', 'map', 'redis-keys, one by one'] as const;
const contenders: readonly Reading[] = [
  reading(floor, 'map', 'local'),
  reading(ours, 'clustercast-map', 'local'),
  reading('nats-kv, watched', 'nats-kv', 'local'),
  reading('nats-kv, one by one', 'nats-kv', 'asked'),
  reading(server, 'redis-keys', 'asked'),
  reading(`redis-keys, ${together} at a time`, 'redis-keys', 'pipelined'),
];

/** How many times as many reads as these, at the least: of the first size, if it is not of all. */
const bounds = [
  { against: floor, atLeast: 0.3, isForAll: true },
  { against: server, atLeast: 1_000, isForAll: false },
] as const;

const method = `Each contender has a cluster of its own: a primary and ${workersEach} workers, of which another one is measured in each round, since two processes
that do the same differ. Keys have 14 characters and values 64; the keys that are looked up are strings of their own, as
those of a request are, in an order that is always the same and none of theirs. From local memory ${readsOf.local.toLocaleString('en-US')} entries are read in a
round, one by one from a server ${readsOf.asked.toLocaleString('en-US')}, each when the one before has come, and ${readsOf.pipelined.toLocaleString('en-US')} where ${together} are asked for at a time. Each
round checks how much was read. ${warmUps} rounds to warm up. With many entries a look-up waits for memory, in a bare Map as well: what is
asked for beside a server is asked for with ${cases[0]?.size.toLocaleString('en-US')} entries, and told with more.`;

export const stateGet: Scenario = {
  name: 'state-get',
  summary: `nanoseconds to read one entry, of ${cases.map(({ size }) => size.toLocaleString('en-US')).join(', ')}`,
  rounds: 15,
  run,
};

async function run(asked: Run): Promise<Report> {
  const { measured, lines } = await measureSizes(contenders, cases, asked);
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: measured.map((one) => tableOf(one, asked.rounds)),
    charts: measured.length > 1 ? [chartOf(measured)] : [],
    requirements: measured.flatMap(requiredOf),
    samples: samplesOf(measured),
  };
}

function tableOf({ size, samples }: Measured, rounds: number): Table {
  const base = samples.get(ours);
  const rows = [...samples].map(([name, series]) => {
    const { median: middle, min, max } = spreadOf(series);
    const compared = base === undefined ? undefined : spreadOf(ratios(series, base));
    return [
      ...[name, figure(middle), figure(min), figure(max)],
      ...(compared === undefined
        ? ['-', '-']
        : [ratioText(compared.median), `${ratioText(compared.min)} - ${ratioText(compared.max)}`]),
    ];
  });
  return {
    title: `${size.toLocaleString('en-US')} entries: nanoseconds for one read in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: ['contender', 'median', 'min', 'max', `${ours} is x this`, 'min - max'],
    rows,
  };
}

/** How many times as fast. */
function ratioText(ratio: number): string {
  return ratio >= 100 ? figure(ratio) : times(ratio);
}

function requiredOf({ size, samples }: Measured): Requirement[] {
  return bounds.flatMap(({ against, atLeast, isForAll }) => {
    const [series, base] = [samples.get(ours), samples.get(against)];
    if (series === undefined || base === undefined || !(isForAll || size === cases[0]?.size)) return [];
    const what = `${size.toLocaleString('en-US')} entries: ${ours}: times as fast as ${against}`;
    return { what, actual: median(ratios(base, series)), bound: atLeast, is: 'at least' };
  });
}

function chartOf(measured: readonly Measured[]): LineChart {
  const labels = new Set(measured.flatMap(({ samples }) => [...samples.keys()]));
  const lines = [...labels].map((label) => ({
    label,
    points: measured.map(({ size, samples }): [number, number] => [size, median(samples.get(label) ?? [])]),
    isOurs: isOurs(label),
  }));
  return {
    kind: 'lines',
    name: 'state-get',
    title: 'To read one entry of a map',
    unit: 'nanoseconds',
    xLabel: 'entries',
    xScale: 'log',
    yScale: 'log',
    lines,
  };
}
