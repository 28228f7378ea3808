/**
 * The primary of one contestant's cluster: forks the workers, and times one round after the other. All processes live
 * through all rounds.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import type { Published } from './publisher.js';
import { roundDeadline, subscribes, workersOf, type Round, type Workload } from './workload.js';

const [, , entryText, workloadText] = process.argv;
const { contestant: name, serialization, address } = JSON.parse(String(entryText)) as Entry;
const workload = JSON.parse(String(workloadText)) as Workload;
cluster.setupPrimary({ serialization });
await contestant(name).startPrimary(address);

const workers = Array.from({ length: workersOf(workload) }, (_, worker) => forkWorker(worker));
const publishers = workers.slice(0, workload.publishers);
const subscribers = workers.filter((_, worker) => subscribes(workload, worker));
await Promise.all(workers.map(({ ready }) => ready));
await askSubscribers('subscribe');

serve({ measure, verify: () => askSubscribers('verify') });

/** Resolves to the milliseconds from the first publish until everything was answered and received. */
async function measure({ count }: Round): Promise<number> {
  await askSubscribers('expect', count);
  const [published, ...finishedAt] = await Promise.all([
    Promise.all(publishers.map((one) => one.ask<Published>('publish', count, roundDeadline))),
    ...subscribers.map((one) => one.ask<number>('finished', undefined, roundDeadline)),
  ]);
  const startedAt = Math.min(...published.map((one) => one.startedAt));
  return Math.max(...published.map(({ answeredAt }) => answeredAt), ...finishedAt) - startedAt;
}

function forkWorker(worker: number): Remote {
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.resolve('./worker.js')),
    args: [String(entryText), String(workloadText), String(worker)],
  });
  return new Remote(cluster.fork().process, `worker ${worker + 1}`);
}

async function askSubscribers(ask: string, argument?: unknown): Promise<void> {
  await Promise.all(subscribers.map((subscriber) => subscriber.ask(ask, argument)));
}
