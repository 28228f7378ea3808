/**
 * The rounds of readings: a host for each, all of them filled with so many entries.
 */
import {
  contenderOf,
  descriptionsOf,
  entrants,
  withHosts,
  type Contender,
  type HostProgram,
} from '../contestants/contenders.js';
import { chosenCases } from '../harness/cases.js';
import { interleave, type Samples } from '../harness/interleave.js';
import type { Run } from '../harness/scenario.js';
import { deadline, readsOf, type Task, type Way } from './reading.js';

export const workersEach = 3;
export const warmUps = 2 * workersEach;

export interface Reading extends Contender {
  readonly way: Way;
  /** How often in a round. */
  readonly reads: number;
}

export function reading(name: string, contestant: string, way: Way, reads = readsOf[way]): Reading {
  return { ...contenderOf(contestant, 'advanced'), name, way, reads };
}

/** How many entries are held. */
export interface Size {
  /** What the command line calls it. */
  readonly name: string;
  readonly size: number;
}

export function sizesOf(sizes: readonly number[]): readonly Size[] {
  return sizes.map((size) => ({ name: String(size), size }));
}

export interface Measured {
  readonly size: number;
  /** The nanoseconds of one read. */
  readonly samples: Samples;
}

/** Everybody who can take part, with each of the sizes that are asked for; and what there is to say of them. */
export async function measureSizes(
  contenders: readonly Reading[],
  sizes: readonly Size[],
  { rounds, progress, cases, only }: Run,
): Promise<{ readonly measured: readonly Measured[]; readonly lines: readonly string[] }> {
  const { present, leftOut } = await entrants(contenders, only);
  const measured: Measured[] = [];
  for (const { size, name } of chosenCases(sizes, cases)) {
    const onRound = (text: string): void => progress(`${name} entries: ${text}`);
    measured.push({ size, samples: await measureReads(present, size, rounds, onRound) });
  }
  return { measured, lines: [...descriptionsOf(present), ...leftOut] };
}

/** What is told of every measurement, to be read by programs. */
export function samplesOf(measured: readonly Measured[]): Readonly<Record<string, Samples>> {
  return Object.fromEntries(measured.map(({ size, samples }) => [String(size), samples]));
}

function measureReads(
  readings: readonly Reading[],
  size: number,
  rounds: number,
  onRound: (text: string) => void,
): Promise<Samples> {
  return withHosts(readings, programFor, async (hosts) => {
    onRound('filling');
    for (const [{ way }, host] of hosts) {
      await host.ask('prepare', { size, isLocal: way === 'local' }, 2 * deadline);
    }
    const measuring = [...hosts].map(([{ way, reads }, host]) => ({
      name: host.name,
      measure: () => host.ask<number>('read', { way, reads } satisfies Task, deadline),
    }));
    return interleave(measuring, { rounds, warmUps, onRound });
  });
}

function programFor(): HostProgram {
  return { url: import.meta.resolve('./host.js'), args: [String(workersEach)] };
}
