/**
 * The primary of one contestant's cluster: forks one publisher and the subscribers, and times one round after
 * the other. All processes live through all rounds.
 */
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { contestant } from '../contestants/index.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { roundDeadline, type Round } from './round.js';
import type { Load, Published } from './worker.js';

const [, , name, serialization, subscriberCount, size] = process.argv;
cluster.setupPrimary({
  exec: fileURLToPath(import.meta.resolve('./worker.js')),
  args: [String(name), String(size)],
  serialization: serialization === 'json' ? 'json' : 'advanced',
});
await contestant(name).startPrimary();

const publisher = forkWorker('the publisher');
const subscribers = Array.from({ length: Number(subscriberCount) }, (_, position) =>
  forkWorker(`subscriber ${position + 1}`),
);
await Promise.all([publisher, ...subscribers].map(({ ready }) => ready));
await askSubscribers('subscribe');

let published = 0;

serve({ measure, verify: () => askSubscribers('verify') });

/** Resolves to the milliseconds from the first publish until everything was answered and received. */
async function measure({ count, window }: Round): Promise<number> {
  await askSubscribers('expect', count);
  const load: Load = { first: published, count, window, listeners: subscribers.length };
  published += count;
  const [{ startedAt, answeredAt }, ...finishedAt] = await Promise.all([
    publisher.ask<Published>('publish', load, roundDeadline),
    ...subscribers.map((subscriber) => subscriber.ask<number>('finished', undefined, roundDeadline)),
  ]);
  return Math.max(answeredAt, ...finishedAt) - startedAt;
}

function forkWorker(role: string): Remote {
  return new Remote(cluster.fork().process, role);
}

async function askSubscribers(ask: string, argument?: unknown): Promise<void> {
  await Promise.all(subscribers.map((subscriber) => subscriber.ask(ask, argument)));
}
