/**
 * Workers: one publishes, all others subscribe.
 */
import { contenderOf, withHosts, type Contender } from '../../contestants/contenders.js';
import { contestant } from '../../contestants/index.js';
import type { Workload } from '../../fan-out/workload.js';
import { isOurs } from '../../harness/chart.js';
import { interleaveFigures } from '../../harness/figures.js';
import type { Remote } from '../../harness/remote.js';
import type { Report, Run } from '../../harness/scenario.js';
import { growthChart, growthTable, type Part, type Step } from '../part.js';
import { roundDeadline, type Round, type Taken } from './round.js';

const counts = [1, 2, 4, 8, 16, 32];
const warmUps = 2;
const size = 64;
/** Nobody can hear the only one; with two, a message has one receiver. */
const base = { size: 2, called: '2 workers' };

interface Cluster extends Contender, Step {
  readonly workload: Workload;
  readonly round: Round;
}

const lines = [
  { ...contenderOf('clustercast', 'advanced'), values: 16_384 },
  // A round of as many would take it a minute.
  { ...contenderOf('relay', 'json'), values: 1_024 },
];
const clusters: readonly Cluster[] = lines.flatMap(({ name, values, ...contender }) =>
  counts.map((count) => ({
    ...contender,
    line: name,
    size: count,
    name: `${name}, ${count} ${count === 1 ? 'worker' : 'workers'}`,
    workload: { publishers: 1, subscribers: count - 1, isMutual: false, size, names: 1, every: 1 },
    round: { count: values },
  })),
);

const method = `Workers: a cluster for each number of workers, of which 1 publishes values of ${size} bytes, every publish answered, and all
others subscribe. ${lines.map(({ name, values }) => `${values.toLocaleString('en-US')} values a round (${name})`).join(', ')}. All clusters live through all rounds
and take turns; each subscriber checks that each value came once and in order, the publisher what it was answered. Processor
time is that of all threads of a process; deliveries per second are what all processes reach together, on the processors
that there are. ${warmUps} rounds to warm up.
${lines.map(({ name, contestant: by }) => `- ${name}: ${contestant(by).description}`).join('\n')}`;

const figures = ['primary', 'all', 'deliveries'] as const;
type Figure = (typeof figures)[number];

export const workers: Part = { name: 'workers', run };

async function run({ rounds, progress, only }: Run): Promise<Report> {
  const chosen = clusters.filter((one) => only?.includes(one.contestant) ?? true);
  const samples = await withHosts(chosen, programFor, async (hosts) => {
    const measured = await interleaveFigures(
      [...hosts].map(([cluster, host]) => ({
        name: cluster.name,
        measure: () => measure(host, cluster),
      })),
      figures,
      { rounds, warmUps, onRound: progress },
    );
    // What came twice at the very end has arrived by now.
    await Promise.all([...hosts.values()].map((host) => host.ask('verify')));
    return measured;
  });
  const heard = chosen.filter((one) => one.size > 1);
  const perMessage = 'Nanoseconds of processor time for one published message';
  const drawn = { unit: 'nanoseconds', xLabel: 'workers', yScale: 'log' } as const;
  return {
    method,
    tables: [
      growthTable(`${perMessage}: the primary`, chosen, samples.primary, base),
      growthTable(`${perMessage}: the primary and all workers`, chosen, samples.all, base),
      growthTable('Deliveries per second', heard, samples.deliveries, base),
    ],
    charts: [
      growthChart(
        { ...drawn, name: 'scale-workers-primary', title: `The primary's processor time for one message` },
        chosen,
        samples.primary,
        isOurs,
      ),
      growthChart(
        {
          ...{ ...drawn, name: 'scale-workers', title: 'Deliveries to all workers' },
          unit: 'deliveries per second',
        },
        heard,
        samples.deliveries,
        isOurs,
      ),
    ],
    requirements: [],
    samples,
  };
}

async function measure(host: Remote, { round, size: count }: Cluster): Promise<Record<Figure, number>> {
  const { elapsed, primary, all } = await host.ask<Taken>('measure', round, roundDeadline);
  return {
    primary: primary / round.count,
    all: all / round.count,
    deliveries: (round.count * (count - 1)) / (elapsed / 1000),
  };
}

function programFor({ workload }: Cluster): { readonly url: string; readonly args: readonly string[] } {
  return { url: import.meta.resolve('./host.js'), args: [JSON.stringify(workload)] };
}
