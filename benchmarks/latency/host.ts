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
import { median, percentile } from '../harness/statistics.js';
import { roundDeadline, type Published, type Round, type Setup, type Taken } from './round.js';

const [, , entryText, setupText] = process.argv;
const { contestant: name, serialization, address } = JSON.parse(String(entryText)) as Entry;
const setup = JSON.parse(String(setupText)) as Setup;
cluster.setupPrimary({ serialization });
await contestant(name).startPrimary(address);

const publisher = forkWorker('publisher');
const subscribers = Array.from({ length: setup.subscribers }, () => forkWorker('subscriber'));
await Promise.all([publisher, ...subscribers].map(({ ready }) => ready));
await askSubscribers('subscribe');

serve({ measure, verify: () => askSubscribers('verify') });

async function measure(round: Round): Promise<Taken> {
  await askSubscribers('expect', round);
  const [{ publishedAt, answeredAt }, ...receivedAt] = await Promise.all([
    publisher.ask<Published>('publish', round, roundDeadline),
    ...subscribers.map((one) => one.ask<readonly number[]>('finished', undefined, roundDeadline)),
  ]);
  const latencies = publishedAt.map((at, position) => receivedAt.map((one) => (one[position] ?? NaN) - at));
  const counted = setup.counts === 'each' ? latencies.flat() : latencies.map((all) => Math.max(...all));
  const sorted = counted.toSorted((a, b) => a - b);
  return {
    median: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    answered: median(answeredAt.map((at, position) => at - (publishedAt[position] ?? NaN))),
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
