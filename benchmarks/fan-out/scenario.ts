/**
 * One publisher, three subscribers, small values, every publish answered: Clustercast beside its floor, each
 * in both serializations of the IPC channel.
 */
import { contestant } from '../contestants/index.js';
import { interleave, type Samples } from '../harness/interleave.js';
import { withPrograms } from '../harness/programs.js';
import type { Scenario } from '../harness/scenario.js';
import { median, ratios, spreadOf } from '../harness/statistics.js';
import { figure, times, type Table } from '../harness/table.js';
import { roundDeadline, type Round } from './round.js';

const contestants = ['clustercast', 'relay'];
const contenders = contestants.flatMap((name) =>
  ['advanced', 'json'].map((serialization) => ({
    name: `${name}, ${serialization}`,
    args: [name, serialization],
  })),
);
/** The relay is the faster one in `json`, which is what `node:cluster` does unless it is told otherwise. */
const floors = ['relay, json', 'relay, advanced'];
const subscribers = 3;
const size = 64;
const round: Round = { count: 60_000, window: 4_096 };

const method = `Each contestant has a cluster of its own: a primary, 1 publisher and ${subscribers} subscribers, which live through all
rounds and take turns. A round is ${round.count.toLocaleString('en-US')} publishes with at most ${round.window.toLocaleString('en-US')} unanswered at a time, from the first
publish until all are answered and received. Each subscriber checks that each value came once and in order, the
publisher that each answer tells ${subscribers} listeners. 2 rounds to warm up.
${contestants.map((name) => `- ${name}: ${contestant(name).description}`).join('\n')}`;

export const fanOut: Scenario = {
  name: 'fan-out',
  summary: `1 publisher, ${subscribers} subscribers, ${size}-byte values, every publish answered`,
  rounds: 7,
  async run({ rounds, progress }) {
    const hosts = contenders.map(({ name, args }) => ({
      name,
      url: import.meta.resolve('./host.js'),
      args: [...args, String(subscribers), String(size)],
    }));
    const samples = await withPrograms(hosts, async (programs) => {
      const measured = await interleave(
        programs.map((program) => ({
          name: program.name,
          async measure() {
            const elapsed = await program.ask<number>('measure', round, roundDeadline);
            return (round.count * subscribers) / (elapsed / 1000);
          },
        })),
        { rounds, warmUps: 2, onRound: progress },
      );
      // What came twice at the very end has arrived by now.
      await Promise.all(programs.map((program) => program.ask('verify')));
      return measured;
    });
    return {
      method,
      tables: [tableOf(samples, rounds)],
      charts: [],
      requirements: [],
      samples: { deliveries: samples },
    };
  },
};

function tableOf(samples: Samples, rounds: number): Table {
  const rows = [...samples].map(([name, series]) => {
    const rate = spreadOf(series);
    const comparisons = floors.flatMap((floor) => {
      const compared = ratios(series, samples.get(floor) ?? []);
      const { min, max } = spreadOf(compared);
      return [times(median(compared)), `${times(min)} - ${times(max)}`];
    });
    return [name, figure(rate.median), figure(rate.min), figure(rate.max), ...comparisons];
  });
  return {
    title: `Deliveries per second in ${rounds} rounds; ratios are medians of the ratios within a round`,
    head: ['contestant', 'median', 'min', 'max', ...floors.flatMap((floor) => [`x ${floor}`, 'min - max'])],
    rows,
  };
}
