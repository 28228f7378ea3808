/**
 * The time from an invalidation until no replica's cache has the entry any more.
 */
import {
  contenderOf,
  descriptionsOf,
  entrants,
  withHosts,
  type Contender,
  type HostProgram,
} from '../contestants/contenders.js';
import { barsOf, type BarChart } from '../harness/chart.js';
import { interleaveFigures } from '../harness/figures.js';
import type { Samples } from '../harness/interleave.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { deadline, entries, invalidated, replicas, type Taken } from './round.js';

const warmUps = 2;
const ours = 'clustercast-cache, advanced';
const contenders: readonly Contender[] = [
  contenderOf('clustercast-cache', 'advanced'),
  contenderOf('bentocache'),
];

const method = `Each contender has a cluster of its own: a primary and ${replicas} workers, each with a cache of ${entries.toLocaleString('en-US')} entries, which live through all rounds
and take turns. One worker invalidates ${invalidated} of them in a round, each when all others have dropped the one before; then they are
loaded again. The time is from the call until the last of the ${replicas - 1} other workers has dropped the entry, by one clock: for bentocache, as
its bus tells in each of them; for Clustercast, until the call has resolved, which promises that all have dropped it. Answered is
the time until the call has resolved, for bentocache when its message is published. Each worker checks that what was invalidated
is gone, and nothing else. ${warmUps} rounds to warm up.`;

export const cacheInvalidate: Scenario = {
  name: 'cache-invalidate',
  summary: `from an invalidation until none of ${replicas} replicas has the entry any more`,
  rounds: 9,
  run,
};

async function run({ rounds, progress, only }: Run): Promise<Report> {
  const { present, leftOut } = await entrants(contenders, only);
  const { p50, p99, answered } = await withHosts(present, programFor, (hosts) => {
    const measuring = [...hosts.values()].map((host) => ({
      name: host.name,
      async measure() {
        const taken = await host.ask<Taken>('measure', undefined, deadline);
        return { p50: taken.p50 * 1_000, p99: taken.p99 * 1_000, answered: taken.answered * 1_000 };
      },
    }));
    return interleaveFigures(measuring, ['p50', 'p99', 'answered'], { rounds, warmUps, onRound: progress });
  });
  const lines = [...descriptionsOf(present), ...leftOut];
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: [tableOf({ '50th percentile': p50, '99th percentile': p99, answered }, rounds)],
    charts: [chartOf(p50, p99)],
    requirements: [],
    samples: { p50, p99, answered },
  };
}

function programFor(): HostProgram {
  return { url: import.meta.resolve('./host.js'), args: [] };
}

function tableOf(figures: Readonly<Record<string, Samples>>, rounds: number): Table {
  const rows = Object.entries(figures).flatMap(([what, samples]) =>
    [...samples].map(([name, series]) => {
      const { median: middle, min, max } = spreadOf(series);
      const base = samples.get(ours);
      const ratio = base === undefined ? '-' : times(median(ratios(series, base)));
      return [`${what}: ${name}`, figure(middle), figure(min), figure(max), ratio];
    }),
  );
  return {
    title: `Microseconds from an invalidation until none of ${replicas} replicas has the entry in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: ['contender', 'median', 'min', 'max', `x ${ours}`],
    rows,
  };
}

function chartOf(p50: Samples, p99: Samples): BarChart {
  return {
    kind: 'bars',
    name: 'cache-invalidate',
    title: `From an invalidation until none of ${replicas} replicas has the entry`,
    unit: 'microseconds',
    groups: [
      { title: '50th percentile', bars: barsOf(p50) },
      { title: '99th percentile', bars: barsOf(p99) },
    ],
  };
}
