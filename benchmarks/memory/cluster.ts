/**
 * A cluster whose workers do nothing, each with a connected client or without: what the primary keeps for one more of them,
 * and what they hold themselves. Needs `--expose-gc`.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { held, type Held } from '../harness/heap.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { median } from '../harness/statistics.js';

/** In bytes. */
export interface KeptForWorkers {
  /** By the primary, for one worker. */
  readonly primary: Held;
  /** By a worker: the median of all. */
  readonly worker: Held;
}

const [, , kind] = process.argv;
cluster.setupPrimary({
  exec: fileURLToPath(import.meta.resolve('./worker.js')),
  args: [String(kind)],
  execArgv: ['--expose-gc'],
  serialization: 'advanced',
});
if (kind === 'client') {
  const { startPrimary } = await import('clustercast');
  await startPrimary();
}

serve({ fork });

async function fork(count: number): Promise<KeptForWorkers> {
  // The first has the primary load and compile what any number of workers needs.
  await forkWorker().ready;
  const before = await held();
  const workers = Array.from({ length: count }, forkWorker);
  await Promise.all(workers.map(({ ready }) => ready));
  const all = await Promise.all(workers.map((worker) => worker.ask<Held>('held')));
  const after = await held();
  return {
    primary: {
      heap: (after.heap - before.heap) / count,
      resident: (after.resident - before.resident) / count,
    },
    worker: {
      heap: median(all.map(({ heap }) => heap)),
      resident: median(all.map(({ resident }) => resident)),
    },
  };
}

function forkWorker(): Remote {
  return new Remote(cluster.fork().process, 'a worker');
}
