/**
 * The rounds of latencies: each pace with all contenders that keep up with it.
 */
import {
  descriptionsOf,
  entrants,
  withHosts,
  type Contender,
  type HostProgram,
} from '../contestants/contenders.js';
import { interleaveFigures } from '../harness/figures.js';
import type { Remote } from '../harness/remote.js';
import type { Run } from '../harness/scenario.js';
import type { Measured, Pace } from './paces.js';
import { roundDeadline, type Setup, type Taken } from './round.js';

export const warmUps = 2;
/** Who takes so many times as long as the pace wants does not keep up with it. */
const mostDelay = 1.1;

/** Resolves to what was measured, and to a line of Markdown on each who takes part, or does not. */
export async function measureLatencies(
  contenders: readonly Contender[],
  setup: Setup,
  paces: readonly Pace[],
  { rounds, progress, only }: Omit<Run, 'cases'>,
): Promise<{ readonly measured: readonly Measured[]; readonly lines: readonly string[] }> {
  const { present, leftOut } = await entrants(contenders, only);
  const measured: Measured[] = [];
  const late: string[] = [];
  const programFor = (): HostProgram => {
    return { url: import.meta.resolve('./host.js'), args: [JSON.stringify(setup)] };
  };
  await withHosts(present, programFor, async (hosts) => {
    for (const pace of paces) {
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
  return {
    measured,
    lines: [...descriptionsOf(present), ...leftOut, ...late],
  };
}

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

async function measureAll(
  hosts: readonly Remote[],
  pace: Pace,
  rounds: number,
  onRound: (text: string) => void,
): Promise<Measured> {
  const measuring = hosts.map((host) => ({
    name: host.name,
    async measure() {
      const { median, p99, answered } = await host.ask<Taken>('measure', pace.round, roundDeadline);
      return { p50: median * 1_000, p99: p99 * 1_000, answered: answered * 1_000 };
    },
  }));
  const figures = await interleaveFigures(measuring, ['p50', 'p99', 'answered'], {
    ...{ rounds, warmUps: 0, onRound },
  });
  return { pace, ...figures };
}
