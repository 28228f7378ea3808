/**
 * The primary of one contestant's cluster: several workers that read, of which another one does in each round. Two processes
 * that do the same differ by more than what is looked for, and go on doing so.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../contestants/contenders.js';
import { keeper } from '../contestants/index.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { deadline, type Task } from './reading.js';

const [, , entryText, countText] = process.argv;
const { contestant: name, serialization, address } = JSON.parse(String(entryText)) as Entry;
const kept = keeper(name);
cluster.setupPrimary({
  serialization,
  exec: fileURLToPath(import.meta.resolve('./worker.js')),
  args: [String(entryText)],
});
await kept.startPrimary(address);

const workers = Array.from(
  { length: Number(countText) },
  (_, worker) => new Remote(cluster.fork().process, `worker ${worker + 1}`),
);
await Promise.all(workers.map(({ ready }) => ready));
let turns = 0;

serve({ prepare, read });

async function prepare(wanted: { size: number; isLocal: boolean }): Promise<void> {
  const filling = kept.isUnshared === true ? workers : workers.slice(0, 1);
  await Promise.all(filling.map((worker) => worker.ask('fill', wanted.size, deadline)));
  await Promise.all(workers.map((worker) => worker.ask('prepare', wanted, deadline)));
}

function read(task: Task): Promise<number> {
  return (workers[turns++ % workers.length] as Remote).ask<number>('read', task, deadline);
}
