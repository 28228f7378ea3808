/**
 * The primary of one contestant: three workers publish and listen, the fourth one listens, and is stopped for a while
 * where the contestant wants it. All processes live through all rounds. Needs `--expose-gc`.
 */
import { startPrimary } from 'clustercast';
import cluster from 'node:cluster';
import { fileURLToPath } from 'node:url';
import { now } from '../harness/clock.js';
import { Remote } from '../harness/remote.js';
import { serve } from '../harness/serve.js';
import { percentile } from '../harness/statistics.js';
import { roundDeadline, type Heard, type Round, type Taken, type Task } from './round.js';

interface Memory {
  readonly held: number;
  readonly resident: number;
}

const talkers = 3;
/** From the asking until the first value. */
const leadIn = 200;
const sampleTime = 50;

const isFaulty = process.argv[2] === 'stalled';
await startPrimary();
const workers = Array.from({ length: talkers + 1 }, (_, publisher) => {
  cluster.setupPrimary({
    exec: fileURLToPath(import.meta.resolve('./worker.js')),
    args: [String(publisher)],
  });
  const { process: child } = cluster.fork();
  return { publisher, child, remote: new Remote(child, `worker ${publisher + 1}`) };
});
const victim = workers.at(-1) as (typeof workers)[number];
const others = workers.slice(0, talkers);
await Promise.all(workers.map(({ remote }) => remote.ready));
await Promise.all(workers.map(({ remote }) => remote.ask('subscribe')));
const published = new Map<number, number>();

serve({ measure });

async function measure(round: Round): Promise<Taken> {
  const { rate, duration, stopAfter, stopFor, aftermath } = round;
  const before = await heldNow();
  const startAt = now() + leadIn;
  const stopAt = startAt + stopAfter;
  const continueAt = stopAt + stopFor;
  const task: Task = { startAt, duration, rate: rate / talkers, from: stopAt, to: continueAt + aftermath };
  await Promise.all(workers.map(({ remote }) => remote.ask('begin', task)));
  const samples: Memory[] = [];
  const sampling = setInterval(() => samples.push(look()), sampleTime);
  const stopping = isFaulty ? stopVictim(stopAt, continueAt) : undefined;
  const former = new Map(published);
  await Promise.all(
    others.map(async ({ publisher, remote }) => {
      published.set(publisher, await remote.ask<number>('publish', task, roundDeadline));
    }),
  );
  await stopping;
  const heard = await Promise.all(
    workers.map(({ publisher, remote }) => finished(remote, publisher, former)),
  );
  clearInterval(sampling);
  const after = await heldNow();
  const latencies = heard
    .slice(0, talkers)
    .flatMap((one) => [...one.latencies])
    .toSorted((a, b) => a - b);
  return {
    latency: {
      median: percentile(latencies, 0.5),
      p99: percentile(latencies, 0.99),
      max: percentile(latencies, 1),
    },
    memory: {
      peakHeld: Math.max(...samples.map(({ held }) => held)) - before.held,
      peakResident: Math.max(...samples.map(({ resident }) => resident)) - before.resident,
      held: after.held - before.held,
      resident: after.resident - before.resident,
    },
    victim: summary(heard[talkers] as Heard, dueTo(victim.publisher, former), continueAt),
  };
}

/** The event loop of this process need not be free for it: these two are mere signals. */
async function stopVictim(stopAt: number, continueAt: number): Promise<void> {
  await sleepUntil(stopAt);
  victim.child.kill('SIGSTOP');
  await sleepUntil(continueAt);
  victim.child.kill('SIGCONT');
}

function finished(remote: Remote, publisher: number, former: ReadonlyMap<number, number>): Promise<Heard> {
  const last = [...published].filter(([from]) => from !== publisher);
  return remote.ask<Heard>('finished', { due: dueTo(publisher, former), last }, roundDeadline);
}

/** What the others have published in this round. */
function dueTo(publisher: number, former: ReadonlyMap<number, number>): number {
  let due = 0;
  for (const [from, count] of published) if (from !== publisher) due += count - (former.get(from) ?? 0);
  return due;
}

function summary({ received, gaps, finishedAt }: Heard, due: number, continueAt: number): Taken['victim'] {
  return {
    due,
    received,
    gaps: gaps.length,
    missed: gaps.reduce((sum, { count }) => sum + count, 0),
    toldAfter: (gaps[0]?.at ?? Number.NaN) - continueAt,
    currentAfter: finishedAt - continueAt,
  };
}

async function sleepUntil(moment: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, moment - now())));
}

function look(): Memory {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, resident: rss };
}

/** After garbage collection. */
async function heldNow(): Promise<Memory> {
  for (let collection = 0; collection < 3; collection++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return look();
}
