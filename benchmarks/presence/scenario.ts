/**
 * The cost of being there: what the product takes before anything has been published, and while nothing is.
 */
import { fileURLToPath } from 'node:url';
import { barsOf, type BarChart } from '../harness/chart.js';
import { interleaveFigures } from '../harness/figures.js';
import type { Samples } from '../harness/interleave.js';
import { withPrograms } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { spreadOf } from '../harness/statistics.js';
import type { Table } from '../harness/table.js';
import { measureWorkers, workerKinds } from '../memory/workers.js';
import { kinds, type Stages } from './stages.js';
import { startWith } from './start.js';

const warmUps = 2;
/** Fresh clusters, each with so many workers. */
const idleRounds = 3;
const idleWorkers = 6;

const nothing = 'nothing';
const modules = [nothing, 'node:cluster', 'clustercast', 'clustercast/json-rpc'];

const method = `Import: a fresh process for each measurement, which imports one module, and ends; the file system has it in memory. The
whole is from its start until its end, the import is by its own clock. Contestants take turns in each round, ${warmUps} rounds to warm up.
First event: from the fork of a worker until its handler has the first event that the primary publishes. The worker subscribes,
then publishes that it is ready, and the primary's answer to that is the event; in the relay that people write by hand, the worker
sends a message that it is ready, and the primary one back. Until the worker's own code begins it is Node.js that starts.
Idle: what a worker holds after garbage collection, with a connected client or without one, and without the module; medians of
${idleWorkers} workers of a cluster, in ${idleRounds} fresh clusters.`;

export const presence: Scenario = {
  name: 'presence',
  summary: 'the cost of being there: import, start to first event, memory of an idle worker',
  rounds: 15,
  run,
};

async function run({ rounds, progress }: Run): Promise<Report> {
  const imports = await measureImports(rounds, progress);
  const starts = await measureStarts(rounds, progress);
  const idle = await measureWorkers(idleWorkers, idleRounds, (round) => progress(`idle, ${round}`));
  const of = (what: 'heap' | 'resident'): Samples =>
    new Map([...idle].map(([name, all]) => [name, all.map(({ worker }) => worker[what])]));
  const [heap, resident] = [of('heap'), of('resident')];
  return {
    method,
    tables: [
      milliseconds('Milliseconds of a process that imports', 'nothing', {
        whole: imports.whole,
        'the import alone': imports.imported,
      }),
      milliseconds('Milliseconds from the fork of a worker', 'relay', {
        'until its code begins': starts.began,
        'from there to its first event': starts.rest,
        'in all': starts.heard,
      }),
      memoryTable({ heap, resident }),
    ],
    charts: [
      barChart('presence-import', 'A process that imports', imports.whole),
      barChart('presence-start', 'From the fork of a worker to its first event', starts.heard),
    ],
    requirements: [],
    samples: {
      ...{ 'import, whole': imports.whole, 'import, alone': imports.imported },
      ...{ 'start, began': starts.began, 'start, heard': starts.heard, heap, resident },
    },
  };
}

function measureImports(
  rounds: number,
  progress: Run['progress'],
): Promise<Record<'whole' | 'imported', Samples>> {
  const file = fileURLToPath(import.meta.resolve('./import.js'));
  return interleaveFigures(
    modules.map((name) => ({
      name,
      measure: () => startWith(name === nothing ? undefined : name, file),
    })),
    ['whole', 'imported'],
    { rounds, warmUps, onRound: (round) => progress(`import: ${round}`) },
  );
}

function measureStarts(
  rounds: number,
  progress: Run['progress'],
): Promise<Record<'began' | 'rest' | 'heard', Samples>> {
  const programs = kinds.map((name) => ({ name, url: import.meta.resolve('./host.js'), args: [name] }));
  return withPrograms(programs, (hosts) =>
    interleaveFigures(
      hosts.map((host: Remote) => ({
        name: host.name,
        async measure() {
          const { began, heard } = await host.ask<Stages>('start');
          return { began, rest: heard - began, heard };
        },
      })),
      ['began', 'rest', 'heard'],
      { rounds, warmUps, onRound: (round) => progress(`first event: ${round}`) },
    ),
  );
}

/** Differences are medians within a round: a start that takes longer because of others does so for all in it. */
function milliseconds(title: string, base: string, all: Readonly<Record<string, Samples>>): Table {
  const rows = Object.entries(all).flatMap(([what, samples]) =>
    [...samples].map(([name, series]) => {
      const start = samples.get(base) ?? [];
      const more = spreadOf(series.map((one, round) => one - (start[round] ?? Number.NaN)));
      const { median, min, max } = spreadOf(series);
      return [`${what}: ${name}`, ...[median, min, max, more.median, more.min, more.max].map(tenths)];
    }),
  );
  return { title, head: ['', 'median', 'min', 'max', `more than ${base}`, 'min', 'max'], rows };
}

function memoryTable(all: Readonly<Record<string, Samples>>): Table {
  const rows = Object.entries(all).flatMap(([what, samples]) => {
    const bare = samples.get(workerKinds.bare) ?? [];
    return [...samples].map(([name, series]) => {
      const more = spreadOf(series.map((one, round) => one - (bare[round] ?? Number.NaN)));
      const { median, min, max } = spreadOf(series);
      return [`${what}: ${name}`, ...[median, min, max, more.median, more.min, more.max].map(kibibytes)];
    });
  });
  return {
    title: 'KiB that an idle worker holds',
    head: ['', 'median', 'min', 'max', 'more than without', 'min', 'max'],
    rows,
  };
}

function barChart(name: string, title: string, samples: Samples): BarChart {
  return { kind: 'bars', name, title, unit: 'milliseconds', groups: [{ title, bars: barsOf(samples) }] };
}

function tenths(value: number): string {
  return value.toFixed(1);
}

function kibibytes(bytes: number): string {
  return Math.round(bytes / 1024).toLocaleString('en-US');
}
