/**
 * The time from a write until all replicas have it: the map beside an event of Clustercast, and beside what people use
 * instead. Measured as `latency` measures, but of the last of four.
 */
import { contenderOf, type Contender } from '../contestants/contenders.js';
import { writtenKeys } from '../contestants/entries.js';
import { chosenCases } from '../harness/cases.js';
import { barsOf, type BarChart } from '../harness/chart.js';
import type { Samples } from '../harness/interleave.js';
import type { Report, Requirement, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { measureLatencies, warmUps } from '../latency/measure.js';
import { paces as allPaces, type Measured, type Pace } from '../latency/paces.js';
import { size, type Setup } from '../latency/round.js';

const setup: Setup = { subscribers: 4, counts: 'last' };
const paces = allPaces.filter(({ name }) => ['one-at-a-time', '1000'].includes(name));

const [ours, event] = ['clustercast-map, advanced', 'clustercast, advanced'] as const;
/** Of what an event takes. */
const most = 1.5;

const contenders: readonly Contender[] = [
  contenderOf('clustercast-map', 'advanced'),
  contenderOf('clustercast', 'advanced'),
  ...['redis-keys', 'redis-hash', 'nats-kv'].map((name) => contenderOf(name)),
];

const method = `Each contender has a cluster of its own: a primary, 1 worker that writes and ${setup.subscribers} others, which live through all rounds and take
turns. Values have ${size} bytes and are written to ${writtenKeys.toLocaleString('en-US')} keys in turn. One at a time: ${(paces[0] as Pace).round.count} values a round, each written when all others have
the one before, which they tell over sockets of their own, and this is answered. At a steady rate: what is due by the clock is
written every millisecond. Latencies are from the call until the last of the ${setup.subscribers} others has the value in its local memory, by the
system's monotonic clock; answered is the time from the call until what it returned has resolved, and the median of a round.
Each of the others checks that each value came once and in order. An event is published to ${setup.subscribers} subscribers, and held by nobody; a map's
writer holds a replica, too, and has the value itself when the call resolves. ${warmUps} rounds to warm up.`;

export const stateSet: Scenario = {
  name: 'state-set',
  summary: `from a write until all of ${setup.subscribers} replicas have it, in ${paces.length} cases: ${paces.map(({ name }) => name).join(', ')}`,
  rounds: 9,
  run,
};

async function run({ cases, ...options }: Run): Promise<Report> {
  const { measured, lines } = await measureLatencies(contenders, setup, chosenCases(paces, cases), options);
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: measured.map((one) => tableOf(one, options.rounds)),
    charts: measured.map(chartOf),
    requirements: measured.flatMap(requiredOf),
    samples: Object.fromEntries(
      measured.flatMap(({ pace, p50, p99, answered }) => [
        [`${pace.title}, 50th percentile`, p50],
        [`${pace.title}, 99th percentile`, p99],
        [`${pace.title}, answered`, answered],
      ]),
    ),
  };
}

function tableOf({ pace, p50, p99, answered }: Measured, rounds: number): Table {
  const figures = { '50th percentile': p50, '99th percentile': p99, answered };
  return {
    title: `${pace.title}: microseconds from the write until the last of ${setup.subscribers} has it in ${rounds} rounds; ratios to an event of Clustercast are medians of the ratios within a round`,
    head: [
      'contender',
      ...Object.keys(figures).flatMap((what) => [`${what}: median`, 'min - max', 'x event']),
    ],
    rows: [...p50.keys()].map((name) => [
      name,
      ...Object.values(figures).flatMap((samples) => cells(samples, name)),
    ]),
  };
}

function cells(samples: Samples, name: string): string[] {
  const series = samples.get(name) ?? [];
  const base = samples.get(event);
  const { median: middle, min, max } = spreadOf(series);
  const ratio = base === undefined ? '-' : times(median(ratios(series, base)));
  return [figure(middle), `${figure(min)} - ${figure(max)}`, ratio];
}

function chartOf({ pace, p50, p99 }: Measured): BarChart {
  return {
    kind: 'bars',
    name: `state-set-${pace.name}`,
    title: `From a write until the last of ${setup.subscribers} replicas has it, ${pace.title}`,
    unit: 'microseconds',
    groups: [
      { title: '50th percentile', bars: barsOf(p50) },
      { title: '99th percentile', bars: barsOf(p99) },
    ],
  };
}

function requiredOf({ pace, p50 }: Measured): Requirement[] {
  const [series, base] = [p50.get(ours), p50.get(event)];
  if (series === undefined || base === undefined) return [];
  const actual = median(ratios(series, base));
  return [
    { what: `${pace.title}, 50th percentile: ${ours}: times ${event}`, actual, bound: most, is: 'at most' },
  ];
}
