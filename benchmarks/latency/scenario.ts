/**
 * The time from publish() to the handler: one value at a time, and at steady rates.
 */
import {
  contenderOf,
  entrants,
  withHosts,
  type Contender,
  type HostProgram,
} from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { chosenCases } from '../harness/cases.js';
import { interleave } from '../harness/interleave.js';
import type { Remote } from '../harness/remote.js';
import type { Report, Run, Scenario } from '../harness/scenario.js';
import { paces, type Measured, type Pace } from './paces.js';
import { chartsOf, requiredOf, tableOf } from './report.js';
import { roundDeadline, size, subscribers, type Taken } from './round.js';

const warmUps = 2;
/** Who takes so many times as long as the pace wants does not keep up with it. */
const mostDelay = 1.1;

const contenders: readonly Contender[] = [
  contenderOf('clustercast', 'advanced'),
  contenderOf('clustercast', 'json'),
  contenderOf('relay', 'advanced'),
  contenderOf('relay', 'json'),
  ...['limit', 'socket.io', 'ioredis', 'nats'].map((name) => contenderOf(name)),
];

export const latency: Scenario = {
  name: 'latency',
  summary: `from publish() to the handler, in ${paces.length} cases: ${paces.map(({ name }) => name).join(', ')}`,
  rounds: 7,
  run,
};

async function run({ rounds, progress, cases, only }: Run): Promise<Report> {
  const { present, leftOut } = await entrants(contenders, only);
  const wanted = chosenCases(paces, cases);
  const measured: Measured[] = [];
  const late: string[] = [];
  await withHosts(present, programFor, async (hosts) => {
    for (const pace of wanted) {
      const onRound = (text: string): void => progress(`${pace.title}: ${text}`);
      const { keeping, behind } = await whoKeepsUp([...hosts.values()], pace, onRound);
      late.push(
        ...behind.map((name) => `- ${name} does not keep up with ${pace.title}, and is left out there`),
      );
      measured.push(await measureAll(keeping, pace, rounds, onRound));
    }
    // What came twice at the very end has arrived by now.
    await Promise.all([...hosts.values()].map((host) => host.ask('verify')));
  });
  const names = [...new Set(present.map((contender) => contender.contestant))];
  const lines = [...names.map((name) => `- ${name}: ${contestant(name).description}`), ...leftOut, ...late];
  return {
    method: `${method}\n${lines.join('\n')}`,
    tables: measured.map((one) => tableOf(one, rounds)),
    charts: chartsOf(measured),
    requirements: measured.flatMap(requiredOf),
    samples: Object.fromEntries(
      measured.flatMap(({ pace, p50, p99 }) => [
        [`${pace.title}, 50th percentile`, p50],
        [`${pace.title}, 99th percentile`, p99],
      ]),
    ),
  };
}

const method = `Each contender has a cluster of its own: a primary, 1 publisher and ${subscribers} subscribers, which live through all rounds and take
turns. Values have ${size} bytes. One at a time: ${(paces[0] as Pace).round.count} values a round, each published when all subscribers have the one before, which
they tell over sockets of their own, and this is answered, where publishes are answered. At a steady rate: what is due
by the clock is published every millisecond, so that at 20,000 a second about 20 values come at once. Latencies are from
publish() to the handler, by the system's monotonic clock, of all values at all subscribers, which check that each came
once and in order. ${warmUps} rounds to warm up.`;

/** The rounds to warm up show who does not keep up: in the better one of them there was no other reason. */
async function whoKeepsUp(
  hosts: readonly Remote[],
  { round }: Pace,
  onRound: (text: string) => void,
): Promise<{ readonly keeping: readonly Remote[]; readonly behind: readonly string[] }> {
  const fastest = new Map<Remote, number>();
  for (let warmUp = 0; warmUp < warmUps; warmUp++) {
    onRound('warming up');
    for (const host of hosts) {
      const { elapsed } = await host.ask<Taken>('measure', round, roundDeadline);
      fastest.set(host, Math.min(elapsed, fastest.get(host) ?? Infinity));
    }
  }
  const isLate = (host: Remote): boolean =>
    round.rate !== undefined &&
    (fastest.get(host) ?? Infinity) > (round.count / round.rate) * 1_000 * mostDelay;
  return {
    keeping: hosts.filter((host) => !isLate(host)),
    behind: hosts.filter(isLate).map(({ name }) => name),
  };
}

function programFor(): HostProgram {
  return { url: import.meta.resolve('./host.js'), args: [] };
}

async function measureAll(
  hosts: readonly Remote[],
  pace: Pace,
  rounds: number,
  onRound: (text: string) => void,
): Promise<Measured> {
  const p99 = new Map<string, number[]>(hosts.map(({ name }) => [name, []]));
  const measuring = hosts.map((host) => ({
    name: host.name,
    async measure() {
      const taken = await host.ask<Taken>('measure', pace.round, roundDeadline);
      p99.get(host.name)?.push(taken.p99 * 1_000);
      return taken.median * 1_000;
    },
  }));
  const p50 = await interleave(measuring, { rounds, warmUps: 0, onRound });
  return { pace, p50, p99 };
}
