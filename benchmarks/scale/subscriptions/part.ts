/**
 * Subscriptions of one client to one event: each of them has its value, which is sent and parsed once.
 */
import { interleave, type Samples } from '../../harness/interleave.js';
import { withPrograms } from '../../harness/programs.js';
import type { Report, Run } from '../../harness/scenario.js';
import { growthChart, growthTable, type Part, type Step } from '../part.js';

const counts = [1, 10, 100, 1_000];
const warmUps = 3;
const base = { size: 1, called: '1' };
const [perPublish, perCall] = ['one publish', 'one call of a handler'];

const steps: readonly Step[] = counts.map((size) => ({
  name: `${size.toLocaleString('en-US')} subscriptions`,
  size,
  line: perPublish,
}));

const method = `Subscriptions per client: for each number of subscriptions a process with a server and two clients in it, one that publishes
64 values of 64 bytes a turn, and one with so many subscriptions to their event. Processor time is all that the process takes,
for both clients and the server. Processes live through all rounds and take turns; each handler checks that each value came
once and in order. ${warmUps} rounds to warm up.`;

export const subscriptions: Part = { name: 'subscriptions', run };

async function run({ rounds, progress }: Run): Promise<Report> {
  const programs = steps.map(({ name, size }) => ({
    name,
    url: import.meta.resolve('./program.js'),
    args: [String(size)],
  }));
  const samples: Samples = await withPrograms(programs, (processes) =>
    interleave(
      processes.map((one, position) => ({
        name: one.name,
        measure: () => one.ask<number>('measure', valuesFor((steps[position] as Step).size)),
      })),
      { rounds, warmUps, onRound: progress },
    ),
  );
  const calls: Samples = new Map(
    steps.map(({ name, size }) => [name, (samples.get(name) ?? []).map((taken) => taken / size)]),
  );
  const drawnSteps = [perPublish, perCall].flatMap((line) =>
    steps.map(({ name, size }) => ({ name: `${line}, ${name}`, size, line })),
  );
  const drawn: Samples = new Map([
    ...[...samples].map(([name, series]): [string, readonly number[]] => [`${perPublish}, ${name}`, series]),
    ...[...calls].map(([name, series]): [string, readonly number[]] => [`${perCall}, ${name}`, series]),
  ]);
  return {
    method,
    tables: [
      growthTable(`Nanoseconds of processor time for ${perPublish}`, steps, samples, base),
      growthTable(`Nanoseconds of processor time for ${perCall}`, steps, calls, base),
    ],
    charts: [
      growthChart(
        {
          name: 'scale-subscriptions',
          title: 'Processor time for one publish, and for one call of a handler',
          ...{ unit: 'nanoseconds', xLabel: 'subscriptions of the client', yScale: 'log' },
        },
        drawnSteps,
        drawn,
      ),
    ],
    requirements: [],
    samples: { publish: samples, call: calls },
  };
}

/** Fewer where there are more subscriptions, so that every measurement takes about as long. */
function valuesFor(count: number): number {
  return Math.max(512, 32_768 / 2 ** Math.ceil(Math.log2(count)));
}
