/**
 * The primary of one contestant's cluster: forks workers with caches, has one of them invalidate, and compares the times. All
 * processes live through all rounds.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../contestants/contenders.js';
import { cacher } from '../contestants/index.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { median, percentile } from '../harness/statistics.js';
import { deadline, replicas, type Invalidated, type Taken } from './round.js';

const [, , entryText] = process.argv;
const { contestant: name, serialization, address } = JSON.parse(String(entryText)) as Entry;
cluster.setupPrimary({ serialization });
await cacher(name).startPrimary(address);

const first = forkWorker('invalidating');
await first.ready;
const others = Array.from({ length: replicas - 1 }, () => forkWorker('dropping'));
const all = [first, ...others];
await Promise.all(others.map(({ ready }) => ready));
await Promise.all(others.map((one) => one.ask('follow')));

serve({ measure });

async function measure(): Promise<Taken> {
  await Promise.all(all.map((one) => one.ask('fill', undefined, deadline)));
  const { calledAt, resolvedAt } = await first.ask<Invalidated>('invalidate', undefined, deadline);
  const [, ...droppedAt] = await Promise.all(
    all.map((one) => one.ask<readonly number[]>('dropped', undefined, deadline)),
  );
  // Where it cannot be seen when an entry is dropped, it is when the call has resolved.
  const seen = droppedAt.filter(({ length }) => length > 0);
  const latencies = calledAt.map((at, position) => {
    const moments = seen.length > 0 ? seen.map((one) => one[position] ?? NaN) : [resolvedAt[position] ?? NaN];
    return Math.max(...moments) - at;
  });
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    answered: median(resolvedAt.map((at, position) => at - (calledAt[position] ?? NaN))),
  };
}

function forkWorker(role: 'invalidating' | 'dropping'): Remote {
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.resolve('./worker.js')),
    args: [String(entryText), role],
  });
  return new Remote(cluster.fork().process, role);
}
