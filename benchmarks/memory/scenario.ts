/**
 * The memory that the server keeps for a subscription and for a connection, and the primary for a worker.
 */
import type { Held } from '../harness/heap.js';
import type { Samples } from '../harness/interleave.js';
import { withPrograms } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import type { Scenario } from '../harness/scenario.js';
import { spreadOf } from '../harness/statistics.js';
import { figure, type Table } from '../harness/table.js';
import type { Kept } from './program.js';
import { measureWorkers } from './workers.js';

interface Question {
  readonly name: string;
  readonly ask: string;
  readonly argument: unknown;
}

/** The tables of the server are nearly full at 1,000,000 entries, and have just doubled at 1,100,000. */
const subscriptions: readonly Question[] = [
  {
    name: '1 of 1,000,000 subscriptions, 1,000,000 names, 16 clients',
    ask: 'names',
    argument: { count: 1_000_000, clients: 16 },
  },
  {
    name: '1 of 1,100,000 subscriptions, 1,100,000 names, 16 clients',
    ask: 'names',
    argument: { count: 1_100_000, clients: 16 },
  },
  { name: '1 of 60,000 subscriptions, 1 name, 60,000 clients', ask: 'sharedName', argument: 60_000 },
];
const connections: Question = {
  name: '1 of 60,000 connections without subscriptions',
  ask: 'connections',
  argument: 60_000,
};

/** What one subscription may keep, in bytes. */
const most = 300;

const workers = 32;

const method = `The heap after garbage collection, before and after, in a fresh process for each figure; without a transport,
which keeps more for each connection. Names have 20 characters, which is counted in where each subscription has a
name of its own. Tables double when they are full: 1,000,000 is just before, 1,100,000 just after. What the primary keeps
for one more worker of node:cluster, with all that the process and its channel take there, is measured with ${workers} more that
are idle, beside a first one: with the server and connected clients, and in a cluster without.`;

export const memory: Scenario = {
  name: 'memory',
  summary: 'the bytes that the server keeps for one subscription, connection and worker',
  rounds: 3,
  async run({ rounds, progress }) {
    const questions = [...subscriptions, connections];
    const kept = new Map<string, Kept[]>(questions.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const question of questions) {
        progress(`round ${round + 1} of ${rounds}: ${question.name}`);
        kept.get(question.name)?.push(await answerTo(question));
      }
    }
    const each: Samples = seriesOf(kept, (one) => one.each);
    const left: Samples = seriesOf(kept, (one) => one.left);
    const rows = questions.map(({ name }) => {
      const { median, min, max } = spreadOf(each.get(name) ?? []);
      return [name, figure(median), figure(min), figure(max), figure(spreadOf(left.get(name) ?? []).median)];
    });
    const forWorkers = await measureWorkers(workers, rounds, progress);
    const worst = Math.max(...subscriptions.map(({ name }) => spreadOf(each.get(name) ?? []).median));
    const head = ['for', 'median', 'min', 'max', 'left after its end'];
    return {
      method,
      tables: [{ title: 'Bytes', head, rows }, workersTable(forWorkers)],
      charts: [],
      requirements: [
        {
          what: 'bytes for one subscription, where it takes most',
          ...{ actual: worst, bound: most, is: 'at most' },
        },
      ],
      samples: {
        ...{ each, left },
        'workers, heap': primarySeries(forWorkers, 'heap'),
        'workers, resident': primarySeries(forWorkers, 'resident'),
      },
    };
  },
};

type ForWorkers = Awaited<ReturnType<typeof measureWorkers>>;

function workersTable(all: ForWorkers): Table {
  const rows = (['heap', 'resident'] as const).flatMap((what) =>
    [...primarySeries(all, what)].map(([name, series]) => {
      const { median, min, max } = spreadOf(series);
      return [`${what}: ${name}`, figure(median), figure(min), figure(max)];
    }),
  );
  return {
    title: 'Bytes that the primary keeps for one more worker',
    head: ['for', 'median', 'min', 'max'],
    rows,
  };
}

function primarySeries(all: ForWorkers, what: keyof Held): Samples {
  return new Map([...all].map(([name, series]) => [name, series.map(({ primary }) => primary[what])]));
}

function answerTo({ name, ask, argument }: Question): Promise<Kept> {
  const program = { name, url: import.meta.resolve('./program.js'), nodeArgs: ['--expose-gc'] };
  return withPrograms([program], ([measuring]) => (measuring as Remote).ask<Kept>(ask, argument, 120_000));
}

function seriesOf(kept: ReadonlyMap<string, readonly Kept[]>, pick: (one: Kept) => number): Samples {
  return new Map([...kept].map(([name, all]) => [name, all.map(pick)]));
}
