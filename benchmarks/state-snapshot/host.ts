/**
 * The primary of one contestant's cluster: one worker writes or publishes, others hear it and hold what is written, and another
 * one joins meanwhile. Measures how long the primary's own event loop is held, too. The first two are those of `latency`.
 */
import cluster from 'node:cluster';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Entry } from '../contestants/contenders.js';
import { keeper } from '../contestants/index.js';
import { Holds } from '../harness/holds.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { percentile } from '../harness/statistics.js';
import type { Published, Round } from '../latency/round.js';
import { deadline, duration, quiet, rate, settling, watchers, type Joined, type Taken } from './round.js';

const [, , entryText, load, joinerRole] = process.argv;
const entry = JSON.parse(String(entryText)) as Entry;
cluster.setupPrimary({ serialization: entry.serialization });
await keeper(entry.contestant).startPrimary(entry.address);

const joiner = forkWorker(import.meta.resolve('./joiner.js'), entry, String(joinerRole));
await joiner.ready;
await joiner.ask('fill', undefined, deadline);
// Who writes or publishes, and who hears it, may do so by other means.
const latencyWorker = import.meta.resolve('../latency/worker.js');
const loading = { ...entry, contestant: String(load) };
const publisher = forkWorker(latencyWorker, loading, 'publisher');
const subscribers = Array.from({ length: watchers }, () => forkWorker(latencyWorker, loading, 'subscriber'));
await Promise.all([publisher, ...subscribers].map(({ ready }) => ready));
await askSubscribers('subscribe');

serve({ measure, verify: () => askSubscribers('verify') });

async function measure(): Promise<Taken> {
  const round: Round = { count: (rate * duration) / 1_000, rate };
  await askSubscribers('expect', round);
  const heard = Promise.all([
    publisher.ask<Published>('publish', round, deadline),
    ...subscribers.map((one) => one.ask<readonly number[]>('finished', undefined, deadline)),
  ]);
  heard.catch(() => undefined);
  await sleep(settling);
  const before = new Holds();
  await sleep(quiet);
  const heldBefore = before.end();
  const during = new Holds();
  const { startedAt, joinedAt } = await joiner.ask<Joined>('join', undefined, deadline);
  const heldDuring = during.end();
  const [{ publishedAt }, ...receivedAt] = await heard;
  await joiner.ask('leave');
  const between = (from: number, to: number): number[] =>
    publishedAt
      .flatMap((at, position) =>
        at < from || at >= to ? [] : receivedAt.map((one) => (one[position] ?? NaN) - at),
      )
      .toSorted((a, b) => a - b);
  // As long before as it took, so that one long wait weighs the same in both.
  const latenciesBefore = between(startedAt - Math.min(quiet, joinedAt - startedAt), startedAt);
  const latenciesDuring = between(startedAt, joinedAt);
  return {
    join: joinedAt - startedAt,
    p50Before: percentile(latenciesBefore, 0.5),
    p50During: percentile(latenciesDuring, 0.5),
    p99Before: percentile(latenciesBefore, 0.99),
    p99During: percentile(latenciesDuring, 0.99),
    clockBefore: heldBefore.clock,
    clockDuring: heldDuring.clock,
    processorBefore: heldBefore.processor,
    processorDuring: heldDuring.processor,
  };
}

function forkWorker(url: string, told: Entry, role: string): Remote {
  cluster.setupPrimary({
    exec: fileURLToPath(url),
    args: [JSON.stringify(told), role],
  });
  return new Remote(cluster.fork().process, role);
}

async function askSubscribers(ask: string, argument?: unknown): Promise<void> {
  await Promise.all(subscribers.map((subscriber) => subscriber.ask(ask, argument)));
}
