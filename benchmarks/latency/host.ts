/**
 * The primary of one contestant's cluster: forks the workers, has one round after the other published and received, and
 * compares the times of both ends. All processes live through all rounds.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { percentile } from '../harness/statistics.js';
import { roundDeadline, subscribers as subscriberCount, type Round, type Taken } from './round.js';

const [, , entryText] = process.argv;
const { contestant: name, serialization, address } = JSON.parse(String(entryText)) as Entry;
cluster.setupPrimary({ serialization });
await contestant(name).startPrimary(address);

const publisher = forkWorker('publisher');
const subscribers = Array.from({ length: subscriberCount }, () => forkWorker('subscriber'));
await Promise.all([publisher, ...subscribers].map(({ ready }) => ready));
await askSubscribers('subscribe');

serve({ measure, verify: () => askSubscribers('verify') });

async function measure(round: Round): Promise<Taken> {
  await askSubscribers('expect', round);
  const [publishedAt, ...receivedAt] = await Promise.all([
    publisher.ask<readonly number[]>('publish', round, roundDeadline),
    ...subscribers.map((one) => one.ask<readonly number[]>('finished', undefined, roundDeadline)),
  ]);
  const latencies = receivedAt.flatMap((one) => one.map((at, position) => at - (publishedAt[position] ?? 0)));
  const sorted = latencies.toSorted((a, b) => a - b);
  return {
    median: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    elapsed: Math.max(...receivedAt.map((one) => one.at(-1) ?? 0)) - (publishedAt[0] ?? 0),
  };
}

function forkWorker(role: 'publisher' | 'subscriber'): Remote {
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.resolve('./worker.js')),
    args: [String(entryText), role],
  });
  return new Remote(cluster.fork().process, role);
}

async function askSubscribers(ask: string, argument?: unknown): Promise<void> {
  await Promise.all(subscribers.map((subscriber) => subscriber.ask(ask, argument)));
}
