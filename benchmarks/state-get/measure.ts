/**
 * The rounds of readings: a host for each, all of them filled with so many entries.
 */
import { contenderOf, withHosts, type Contender, type HostProgram } from '../contestants/contenders.js';
import { interleave, type Samples } from '../harness/interleave.js';
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

/** Resolves to the nanoseconds of one read. */
export function measureReads(
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
