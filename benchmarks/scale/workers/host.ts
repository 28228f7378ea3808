/**
 * The primary of one cluster: forks a publisher and the subscribers, and measures one round after the other.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../../contestants/contenders.js';
import { contestant } from '../../contestants/index.js';
import type { Published } from '../../fan-out/publisher.js';
import { workersOf, type Workload } from '../../fan-out/workload.js';
import { processorTime } from '../../harness/processor.js';
import { Remote } from '../../harness/remote.js';
import { serve } from '../../harness/serve.js';
import { roundDeadline, type Ended, type Round, type Taken } from './round.js';

const [, , entryText, workloadText] = process.argv;
const { contestant: name, serialization, address } = JSON.parse(String(entryText)) as Entry;
const workload = JSON.parse(String(workloadText)) as Workload;
cluster.setupPrimary({ serialization });
await contestant(name).startPrimary(address);

const workers = Array.from({ length: workersOf(workload) }, (_, worker) => forkWorker(worker));
await Promise.all(workers.map(({ ready }) => ready));
const [publisher, ...subscribers] = workers as [Remote, ...Remote[]];
await askSubscribers('subscribe');

serve({ measure, verify: () => askSubscribers('verify') });

async function measure({ count }: Round): Promise<Taken> {
  await askSubscribers('expect', count);
  const before = processorTime();
  const [published, ...received] = await Promise.all([
    publisher.ask<Published & Ended>('publish', count, roundDeadline),
    ...subscribers.map((one) => one.ask<Ended>('finished', undefined, roundDeadline)),
  ]);
  const primary = processorTime() - before;
  const ends = [published, ...received];
  return {
    elapsed: Math.max(...ends.map(({ at }) => at)) - published.startedAt,
    primary,
    all: ends.reduce((sum, { processor }) => sum + processor, primary),
  };
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
