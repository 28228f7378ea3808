/**
 * The memory that the server keeps for a subscription and for a connection.
 */
import type { Samples } from '../harness/interleave.js';
import { withPrograms } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import type { Scenario } from '../harness/scenario.js';
import { spreadOf } from '../harness/statistics.js';
import { figure } from '../harness/table.js';
import type { Kept } from './program.js';

interface Question {
  readonly name: string;
  readonly ask: string;
  readonly argument: unknown;
}

/** The tables of the server are nearly full at 1,000,000 entries, and have just doubled at 1,100,000. */
const questions: readonly Question[] = [
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
  { name: '1 of 60,000 connections without subscriptions', ask: 'connections', argument: 60_000 },
];

const method = `The heap after garbage collection, before and after, in a fresh process for each figure; without a transport,
which keeps more for each connection. Names have 20 characters, which is counted in where each subscription has a
name of its own. Tables double when they are full: 1,000,000 is just before, 1,100,000 just after.`;

export const memory: Scenario = {
  name: 'memory',
  summary: 'the bytes that the server keeps for one subscription',
  rounds: 3,
  async run({ rounds, progress }) {
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
    const head = ['for', 'median', 'min', 'max', 'left after its end'];
    return {
      method,
      tables: [{ title: 'Bytes', head, rows }],
      charts: [],
      requirements: [],
      samples: { each, left },
    };
  },
};

function answerTo({ name, ask, argument }: Question): Promise<Kept> {
  const program = { name, url: import.meta.resolve('./program.js'), nodeArgs: ['--expose-gc'] };
  return withPrograms([program], ([measuring]) => (measuring as Remote).ask<Kept>(ask, argument, 120_000));
}

function seriesOf(kept: ReadonlyMap<string, readonly Kept[]>, pick: (one: Kept) => number): Samples {
  return new Map([...kept].map(([name, all]) => [name, all.map(pick)]));
}
