/**
 * One of four workers is stopped for three seconds under load: what the others notice, what the primary holds meanwhile
 * and afterwards, and what the stopped one is told.
 */
import { interleave, type Samples } from '../harness/interleave.js';
import { withPrograms } from '../harness/programs.js';
import type { Report, Requirement, Run, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { roundDeadline, type Round, type Taken } from './round.js';

const warmUps = 1;
const round: Round = { rate: 20_000, duration: 5_000, stopAfter: 500, stopFor: 3_000, aftermath: 1_000 };
const [without, stalled] = ['undisturbed', 'stalled'] as const;

/** What is required: of the others' 99th percentile, as a ratio, and of the primary's memory, in MiB. */
const mostLatency = 2;
const mostPeak = 48;
const mostKept = 8;

const mebibyte = 2 ** 20;

const method = `Each contestant has a cluster of its own, which lives through all rounds and takes turns: 3 workers publish ${round.rate.toLocaleString('en-US')}
values of 256 bytes a second in all, steadily for ${round.duration / 1000} s, and hear each other; the fourth one only listens. In the contestant
"${stalled}" this one is stopped (SIGSTOP) ${round.stopAfter / 1000} s after the first value, and goes on ${round.stopFor / 1000} s later. Latencies are from publish() to the
handler, by one clock, of the three others, for values published from that moment on until ${round.aftermath / 1000} s after it goes on. Each worker
checks that what came from each publisher was in order and once, and that as many were missing as it was told. Memory is
the primary's, compared with what it was before the round: its peak, looked at every 50 ms with all its garbage, and what
is left after the round and garbage collection. ${warmUps} round to warm up.`;

export const stalledWorker: Scenario = {
  name: 'stalled',
  summary: `one of four workers stopped for ${round.stopFor / 1000} s under ${round.rate.toLocaleString('en-US')} values a second`,
  rounds: 5,
  run,
};

type Series = ReadonlyMap<string, readonly Taken[]>;

async function run({ rounds, progress }: Run): Promise<Report> {
  const hosts = [without, stalled].map((name) => ({
    name,
    url: import.meta.resolve('./host.js'),
    args: [name],
    nodeArgs: ['--expose-gc'],
  }));
  const taken = new Map<string, Taken[]>(hosts.map(({ name }) => [name, []]));
  const p99 = await withPrograms(hosts, (programs) =>
    interleave(
      programs.map((program) => ({
        name: program.name,
        async measure() {
          const one = await program.ask<Taken>('measure', round, roundDeadline);
          taken.get(program.name)?.push(one);
          return one.latency.p99;
        },
      })),
      { rounds, warmUps, onRound: progress },
    ),
  );
  const counted: Series = new Map([...taken].map(([name, all]) => [name, all.slice(warmUps)]));
  return {
    method,
    tables: [latencyTable(counted, rounds), memoryTable(counted), toldTable(counted)],
    charts: [],
    requirements: requirements(p99, counted),
    samples: {
      p99,
      median: of(counted, ({ latency }) => latency.median),
      peakHeld: of(counted, ({ memory }) => memory.peakHeld),
      peakResident: of(counted, ({ memory }) => memory.peakResident),
      held: of(counted, ({ memory }) => memory.held),
      gaps: of(counted, ({ victim }) => victim.gaps),
      missed: of(counted, ({ victim }) => victim.missed),
    },
  };
}

function of(series: Series, measure: (taken: Taken) => number): Samples {
  return new Map([...series].map(([name, all]) => [name, all.map(measure)]));
}

function latencyTable(series: Series, rounds: number): Table {
  const measures = {
    median: ({ latency }: Taken) => latency.median,
    '99th percentile': ({ latency }: Taken) => latency.p99,
    greatest: ({ latency }: Taken) => latency.max,
  };
  const rows = Object.entries(measures).flatMap(([what, measure]) => {
    const samples = of(series, measure);
    return [...samples].map(([name, all]) => {
      const { median: middle, min, max } = spreadOf(all);
      const compared = ratios(all, samples.get(without) ?? []);
      const spread = spreadOf(compared);
      const range = `${times(spread.min)} - ${times(spread.max)}`;
      return [`${what}: ${name}`, figure(middle), figure(min), figure(max), times(median(compared)), range];
    });
  });
  return {
    title: `Milliseconds from publish to handler in the other workers, in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: ['contestant', 'median', 'min', 'max', `x ${without}`, 'min - max'],
    rows,
  };
}

function memoryTable(series: Series): Table {
  const measures = {
    'peak, heap and beside it': ({ memory }: Taken) => memory.peakHeld,
    'peak, resident': ({ memory }: Taken) => memory.peakResident,
    'afterwards, heap and beside it': ({ memory }: Taken) => memory.held,
    'afterwards, resident': ({ memory }: Taken) => memory.resident,
  };
  const rows = Object.entries(measures).flatMap(([what, measure]) =>
    [...of(series, measure)].map(([name, all]) => {
      const { median: middle, min, max } = spreadOf(all.map((bytes) => bytes / mebibyte));
      return [`${what}: ${name}`, ...[middle, min, max].map((value) => value.toFixed(1))];
    }),
  );
  return {
    title: 'MiB that the primary held more than before the round',
    head: ['contestant', 'median', 'min', 'max'],
    rows,
  };
}

function toldTable(series: Series): Table {
  const goesOn = round.duration - round.stopAfter - round.stopFor;
  const all = series.get(stalled) ?? [];
  const rows = all.map(({ victim }, place) => [
    String(place + 1),
    ...[victim.due, victim.received, victim.missed, victim.gaps].map((count) =>
      count.toLocaleString('en-US'),
    ),
    victim.gaps === 0 ? '-' : victim.toldAfter.toFixed(0),
    victim.currentAfter.toFixed(0),
  ]);
  return {
    title: `What the stopped worker was told; milliseconds count from when it goes on, and values are published for ${goesOn} more`,
    head: ['round', 'due', 'received', 'told as missed', 'gaps', 'first told after', 'all there after'],
    rows,
  };
}

function requirements(p99: Samples, series: Series): Requirement[] {
  const all = series.get(stalled) ?? [];
  const gaps = all.map(({ victim }) => victim.gaps);
  const undisturbed = (series.get(without) ?? []).map(({ victim }) => victim.gaps);
  const mebibytes = (measure: (taken: Taken) => number): number => median(all.map(measure)) / mebibyte;
  return [
    {
      what: "the others' 99th percentile: times what it is undisturbed",
      actual: median(ratios(p99.get(stalled) ?? [], p99.get(without) ?? [])),
      bound: mostLatency,
      is: 'at most',
    },
    {
      what: 'MiB that the primary held more than before at its peak',
      actual: mebibytes(({ memory }) => memory.peakHeld),
      bound: mostPeak,
      is: 'at most',
    },
    {
      what: 'MiB that it kept',
      actual: mebibytes(({ memory }) => memory.held),
      bound: mostKept,
      is: 'at most',
    },
    {
      what: 'gaps that the stopped worker was told in a round',
      actual: Math.min(...gaps),
      bound: 1,
      is: 'at least',
    },
    { what: 'the same, in the worst round', actual: Math.max(...gaps), bound: 1, is: 'at most' },
    { what: 'gaps undisturbed', actual: Math.max(...undisturbed), bound: 0, is: 'at most' },
  ];
}
