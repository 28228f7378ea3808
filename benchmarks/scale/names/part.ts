/**
 * Event names: how many there are, all of them published to.
 */
import { interleave, type Samples } from '../../harness/interleave.js';
import { withPrograms } from '../../harness/programs.js';
import type { Report, Run } from '../../harness/scenario.js';
import { growthChart, growthTable, type Part, type Step } from '../part.js';

/** What one measurement publishes. */
export interface Load {
  readonly count: number;
  readonly perMessage: number;
}

const counts = [1, 10, 100, 10_000, 1_000_000];
const warmUps = 3;
/** Rounds are short here. */
const roundsPerRound = 4;
const base = { size: 10, called: '10 names' };
const loads: readonly { readonly line: string; readonly load: Load }[] = [
  { line: 'alone in its message', load: { count: 16_384, perMessage: 1 } },
  { line: 'in a batch of 256', load: { count: 65_536, perMessage: 256 } },
];

const method = `Event names: a server for each number of names, fed without a transport, with one client that subscribes to all. Events
of 64 bytes are published to one name after the other, each far from the one before, alone in their messages or in batches of
256. With 1,000,000 names nearly every event finds its name in memory that no cache holds: that is in the figure. What only
the presence of others costs is measured by the scenario flat. Processor time is the server's own, from the arrival of a message
to the hand-over of answers and events. Servers live through all rounds and take turns; each round checks that all was
answered and delivered. ${roundsPerRound} times as many rounds as elsewhere, ${warmUps} rounds to warm up.`;

export const names: Part = { name: 'names', run };

async function run({ rounds, progress }: Run): Promise<Report> {
  const programs = counts.map((count) => ({
    name: count.toLocaleString('en-US'),
    url: import.meta.resolve('./program.js'),
    args: [String(count)],
    nodeArgs: ['--expose-gc'],
  }));
  const samples = new Map<string, readonly number[]>();
  await withPrograms(programs, async (servers) => {
    for (const { line, load } of loads) {
      const measured: Samples = await interleave(
        servers.map((server) => ({
          name: nameOf(server.name, line),
          measure: () => server.ask<number>('measure', load),
        })),
        { rounds: rounds * roundsPerRound, warmUps, onRound: (text) => progress(`${line}: ${text}`) },
      );
      for (const [name, series] of measured) samples.set(name, series);
    }
  });
  const steps: Step[] = loads.flatMap(({ line }) =>
    counts.map((size) => ({ name: nameOf(size.toLocaleString('en-US'), line), size, line })),
  );
  const title = `The server's processor time for one event`;
  return {
    method,
    tables: [growthTable(`Nanoseconds: ${title}`, steps, samples, base)],
    charts: [
      growthChart(
        { name: 'scale-names', title, unit: 'nanoseconds', xLabel: 'event names', yScale: 'log' },
        steps,
        samples,
      ),
    ],
    requirements: [],
    samples: { processor: samples },
  };
}

function nameOf(count: string, line: string): string {
  return `${count}: ${line}`;
}
