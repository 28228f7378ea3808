/**
 * What the server does for one publish, subscription or disconnect must not depend on how many other
 * subscriptions are present.
 */
import { interleave, type Contestant, type Samples } from '../harness/interleave.js';
import { withPrograms } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import type { Requirement, Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { operationNames, type OperationName } from './operations.js';

const counts = [10, 10_000, 1_000_000].map((count) => ({ count, name: count.toLocaleString('en-US') }));
const base = '10';
/**
 * How a process compiles its code and lays out its heap differs from one start to the next, by more than what is looked for,
 * and stays. So there are several for each number.
 */
const processesEach = 5;
const warmUpsEach = 3;
/**
 * V8 sizes its young generation by what has survived in it: without this, processes that have populated more would collect
 * more rarely, or longer.
 */
const heap = ['--expose-gc', '--min-semi-space-size=16', '--max-semi-space-size=16'];

/**
 * What one figure is the cost of, and how many times as much it may be with more subscriptions present. Where
 * the index itself changes, memory is touched that is in no cache when the index is large: that costs a constant
 * more, and is told from a cost that grows, which would be many times as much.
 */
const operations: Readonly<Record<OperationName, { readonly what: string; readonly most: number }>> = {
  publish: { what: 'one publish, alone in its message', most: 1.3 },
  batch: { what: 'one publish in a batch of 256, one name', most: 1.3 },
  names: { what: 'one publish in a batch of 256, 16 names in turn', most: 1.3 },
  subscribe: { what: 'one subscribe and its unsubscribe, to a new name', most: 3 },
  disconnect: { what: 'one disconnect of a client with 10 subscriptions', most: 3 },
};

const method = `For each number of other subscriptions ${processesEach} processes with a server of their own, fed without a transport: the figures
are the server's own work, from the arrival of a message to the hand-over of answers and events to their channels, in
processor time and with all garbage collection but that of the subscriptions' making; the young generation has 16 MiB
everywhere. What is published has 3 subscribers; the others have names of their own, spread over up to 1,000 clients. In each
round one process of each number is measured, in the next round another one, since two processes that do the same already
differ by up to half. ${warmUpsEach} rounds of each to warm up. Each round checks that all was answered and delivered.`;

export const flat: Scenario = {
  name: 'flat',
  summary: `the server's cost with ${counts.map(({ name }) => name).join(', ')} other subscriptions present`,
  rounds: 30,
  async run({ rounds, progress }) {
    const programs = counts.flatMap(({ count, name }) =>
      Array.from({ length: processesEach }, () => ({
        name,
        url: import.meta.resolve('./program.js'),
        args: [String(count)],
        nodeArgs: heap,
      })),
    );
    const samples: Record<string, Samples> = {};
    await withPrograms(programs, async (servers) => {
      for (const operation of operationNames) {
        samples[operation] = await interleave(measuring(servers, operation), {
          rounds,
          warmUps: warmUpsEach * processesEach,
          onRound: (round) => progress(`${operation}: ${round}`),
        });
      }
    });
    const tables = operationNames.map((operation) => tableOf(operation, samples[operation] as Samples));
    const requirements = operationNames.flatMap((operation) =>
      requiredOf(operation, samples[operation] as Samples),
    );
    return { method, tables, charts: [], requirements, samples };
  },
};

function measuring(servers: readonly Remote[], operation: OperationName): Contestant[] {
  return counts.map(({ name }) => {
    const own = servers.filter((server) => server.name === name);
    let next = 0;
    return {
      name,
      measure: () => (own[next++ % own.length] as Remote).ask<number>('measure', operation),
    };
  });
}

function tableOf(operation: OperationName, samples: Samples): Table {
  const rows = [...samples].map(([name, series]) => {
    const { median: middle, min, max } = spreadOf(series);
    return [name, figure(middle), figure(min), figure(max), times(ratioOf(samples, name))];
  });
  const { what, most } = operations[operation];
  return {
    title: `Nanoseconds of processor time for ${what}; at most ${most} times as much as with ${base}`,
    head: ['other subscriptions', 'median', 'min', 'max', `x ${base}`],
    rows,
  };
}

function requiredOf(operation: OperationName, samples: Samples): Requirement[] {
  const { what, most } = operations[operation];
  return counts
    .filter(({ name }) => name !== base)
    .map(({ name }) => ({
      what: `${what}: with ${name} other subscriptions, times as much as with ${base}`,
      actual: ratioOf(samples, name),
      bound: most,
      is: 'at most',
    }));
}

function ratioOf(samples: Samples, name: string): number {
  return median(ratios(samples.get(name) ?? [], samples.get(base) ?? []));
}
