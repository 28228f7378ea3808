/**
 * A replica that joins a large map while others go on: how long it takes, how long the primary is held, and what the others
 * notice.
 */
import {
  contenderOf,
  descriptionsOf,
  entrants,
  withHosts,
  type Contender,
  type HostProgram,
} from '../contestants/contenders.js';
import { writtenKeys } from '../contestants/entries.js';
import { barsOf, isOurs, type BarChart } from '../harness/chart.js';
import { interleaveFigures } from '../harness/figures.js';
import type { Samples } from '../harness/interleave.js';
import type { Report, Requirement, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import {
  busy,
  deadline,
  duration,
  entries,
  figures,
  quiet,
  rate,
  watchers,
  type Figure,
  type Taken,
} from './round.js';

interface Joining extends Contender {
  /** The contestant by whose means the others hear of something meanwhile. */
  readonly load: string;
  /** Of the one that joins: whether it does, or only takes a processor for as long. */
  readonly role: 'joiner' | 'busy';
}

const warmUps = 1;
const [sets, events] = ['clustercast-map, sets', 'clustercast-map, events'] as const;
/** The floor: what others notice of a process that takes a processor, on this machine, whatever it does. */
const [busySets, busyEvents] = [
  'nobody joins, one computes, sets',
  'nobody joins, one computes, events',
] as const;
const contenders: readonly Joining[] = [
  { ...contenderOf('clustercast-map', 'advanced'), name: sets, load: 'clustercast-map', role: 'joiner' },
  { ...contenderOf('clustercast-map', 'advanced'), name: events, load: 'clustercast', role: 'joiner' },
  { ...contenderOf('clustercast-map', 'advanced'), name: busySets, load: 'clustercast-map', role: 'busy' },
  { ...contenderOf('clustercast-map', 'advanced'), name: busyEvents, load: 'clustercast', role: 'busy' },
  ...['nats-kv', 'redis-hash', 'redis-keys'].map((name): Joining => ({
    ...contenderOf(name),
    load: name,
    role: 'joiner',
  })),
];

/** What is required: of the primary's event loop in milliseconds, and of the others' latencies as a ratio. */
const mostHeld = 20;
const mostLatency = 2;

const method = `Each contender has a cluster of its own: a primary, a worker that writes ${rate.toLocaleString('en-US')} values of 64 bytes a second to the first
${writtenKeys.toLocaleString('en-US')} keys of a map of ${entries.toLocaleString('en-US')} entries, steadily for ${duration / 1_000} s, ${watchers} others that hold the map and note when they have each, and
one that joins: it takes the whole map into its local memory. All live through all rounds and take turns. In the contender
"${events}" what is published are events instead, which have nothing to do with the map. So both are
under the same load, without and with somebody who joins. In "${busySets}" and "${busyEvents}" the
one that would join computes for ${busy} ms instead: where there are fewer processors than processes, others notice that as well. Latencies are from the call until one of the ${watchers} others has it,
by one clock: of what was written while somebody joined, and of what was written in as long a time before, but at most ${quiet / 1_000} s. The
primary's event loop is watched by a timer of 1 ms: the longest gap between two of its ticks, the millisecond that it waits
included, in the ${quiet / 1_000} s before and while somebody joins; by the clock, which goes on while another process has the
processor, and by what the primary had of the processor in it, with all its threads. Who joins has to get ${entries.toLocaleString('en-US')} entries, and the
others each value once and in order. ${warmUps} round to warm up.`;

export const stateSnapshot: Scenario = {
  name: 'state-snapshot',
  summary: `a replica joins a map of ${entries.toLocaleString('en-US')} entries under ${rate.toLocaleString('en-US')} writes a second: how long it takes, and what others notice`,
  rounds: 9,
  run,
};

type Measured = Readonly<Record<Figure, Samples>>;

async function run({ rounds, progress, only }: Run): Promise<Report> {
  const { present, leftOut } = await entrants(contenders, only);
  progress('filling');
  const measured: Measured = await withHosts(present, programFor, async (hosts) => {
    const measuring = [...hosts.values()].map((host) => ({
      name: host.name,
      measure: () => host.ask<Taken>('measure', undefined, deadline),
    }));
    const all = await interleaveFigures(measuring, figures, { rounds, warmUps, onRound: progress });
    // What came twice at the very end has arrived by now.
    await Promise.all([...hosts.values()].map((host) => host.ask('verify')));
    return all;
  });
  const lines = [...descriptionsOf(present), ...leftOut];
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: [joinTable(measured, rounds), latencyTable(measured), heldTable(measured)],
    charts: [joinChart(measured), latencyChart(measured)],
    requirements: [...heldRequirements(measured), ...latencyRequirements(measured)],
    samples: measured,
  };
}

function programFor({ load, role }: Joining): HostProgram {
  return { url: import.meta.resolve('./host.js'), args: [load, role] };
}

function joinTable({ join }: Measured, rounds: number): Table {
  const base = join.get(sets);
  const rows = [...join].filter(joins).map(([name, series]) => {
    const { median: middle, min, max } = spreadOf(series);
    const ratio = base === undefined ? '-' : times(median(ratios(series, base)));
    return [name, figure(middle), figure(min), figure(max), ratio];
  });
  return {
    title: `Milliseconds to join a map of ${entries.toLocaleString('en-US')} entries in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: ['contender', 'median', 'min', 'max', `x ${sets}`],
    rows,
  };
}

function latencyTable(measured: Measured): Table {
  const pairs = [
    ['50th percentile', measured.p50Before, measured.p50During],
    ['99th percentile', measured.p99Before, measured.p99During],
  ] as const;
  const rows = pairs.flatMap(([what, before, during]) =>
    [...before].map(([name, series]) => {
      const joining = during.get(name) ?? [];
      const compared = spreadOf(ratios(joining, series));
      return [
        ...[`${what}: ${name}`, figure(median(series)), figure(median(joining))],
        ...[times(compared.median), `${times(compared.min)} - ${times(compared.max)}`],
      ];
    }),
  );
  return {
    title:
      'Milliseconds until one of the others has what was written; ratios are medians of the ratios within a round',
    head: ['contender', 'before', 'while somebody joins', 'x before', 'min - max'],
    rows,
  };
}

function heldTable(measured: Measured): Table {
  const series = [
    ['by the clock, before', measured.clockBefore],
    ['by the clock, while somebody joins', measured.clockDuring],
    ['by processor time, before', measured.processorBefore],
    ['by processor time, while somebody joins', measured.processorDuring],
  ] as const;
  const rows = series.flatMap(([what, samples]) =>
    [...samples]
      .filter(([name]) => isOurs(name))
      .map(([name, all]) => {
        const { median: middle, min, max } = spreadOf(all);
        return [`${what}: ${name}`, figure(middle), figure(min), figure(max)];
      }),
  );
  return {
    title: "Milliseconds that the primary's event loop was held in a row, at most in a round",
    head: ['', 'median', 'min', 'max'],
    rows,
  };
}

/** By processor time in every round, since that is the primary's own; by the clock in the median of the rounds. */
function heldRequirements({ clockDuring, processorDuring }: Measured): Requirement[] {
  return [...clockDuring]
    .filter(([name]) => isOurs(name))
    .flatMap(([name, clock]): Requirement[] => [
      {
        what: `${name}: ms that the primary was held in a row, by processor time, in the worst round`,
        actual: Math.max(...(processorDuring.get(name) ?? [])),
        bound: mostHeld,
        is: 'at most',
      },
      {
        what: `${name}: the same by the clock, median`,
        actual: median(clock),
        bound: mostHeld,
        is: 'at most',
      },
    ]);
}

function latencyRequirements(measured: Measured): Requirement[] {
  return [
    ...latencyRequired('50th percentile', measured.p50Before, measured.p50During),
    ...latencyRequired('99th percentile', measured.p99Before, measured.p99During),
  ];
}

function latencyRequired(what: string, before: Samples, during: Samples): Requirement[] {
  return [...before]
    .filter(([name]) => isOurs(name))
    .map(([name, series]) => ({
      what: `${name}: the others' ${what} while somebody joins: times that before`,
      actual: median(ratios(during.get(name) ?? [], series)),
      bound: mostLatency,
      is: 'at most',
    }));
}

function joinChart({ join }: Measured): BarChart {
  return {
    kind: 'bars',
    name: 'state-snapshot-join',
    title: `To join a map of ${entries.toLocaleString('en-US')} entries`,
    unit: 'milliseconds',
    groups: [{ title: '', bars: barsOf([...join].filter(joins)) }],
  };
}

function latencyChart({ p99Before, p99During }: Measured): BarChart {
  return {
    kind: 'bars',
    name: 'state-snapshot-others',
    title: 'Until others have what was written, 99th percentile',
    unit: 'milliseconds',
    groups: [
      { title: 'before', bars: barsOf(p99Before) },
      { title: 'while somebody joins', bars: barsOf(p99During) },
    ],
  };
}

function joins([name]: readonly [string, ...unknown[]]): boolean {
  return name !== busySets && name !== busyEvents;
}
