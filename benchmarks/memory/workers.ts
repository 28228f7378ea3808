/**
 * Clusters of workers that do nothing, with clients and without, in fresh processes: measured in turns.
 */
import { withPrograms } from '../harness/programs.js';
import type { Remote } from '../harness/remote.js';
import type { KeptForWorkers } from './cluster.js';

const deadline = 60_000;

export const workerKinds = {
  client: 'a worker with a connected client',
  bare: 'a worker without',
} as const;

/** Each kind's measurements, in the order of the rounds, by what it is called. */
export async function measureWorkers(
  count: number,
  rounds: number,
  onRound: (round: string) => void,
): Promise<ReadonlyMap<string, readonly KeptForWorkers[]>> {
  const kept = new Map<string, KeptForWorkers[]>(Object.values(workerKinds).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [kind, name] of Object.entries(workerKinds)) {
      onRound(`round ${round + 1} of ${rounds}: ${name}`);
      const url = import.meta.resolve('./cluster.js');
      const program = { name, url, args: [kind], nodeArgs: ['--expose-gc'] };
      const measured = await withPrograms([program], ([host]) =>
        (host as Remote).ask<KeptForWorkers>('fork', count, deadline),
      );
      kept.get(name)?.push(measured);
    }
  }
  return kept;
}
