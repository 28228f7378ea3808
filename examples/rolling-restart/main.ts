/**
 * An HTTP service whose workers are replaced one by one, with nothing lost: no request, no publish, no state.
 *
 *   kill -HUP PRIMARY     replaces all workers, by what `worker.js` is now
 *   kill WORKER           replaces that worker
 *   kill PRIMARY          ends all of them, then itself; Ctrl-C, too
 *
 * A worker is told to end only when the one that takes its place serves. One that is too slow to end is killed.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startPrimary } from 'clustercast';
import { Flags, type Events } from './flags.js';

const { WORKERS = String(availableParallelism()), START_TIME = '10000', END_TIME = '20000' } = process.env;
const size = Number(WORKERS);
/** How long a worker may take until it serves, in milliseconds. */
const startTime = Number(START_TIME);
/** And to end: more than a connection may be idle, and than the longest request takes. */
const endTime = Number(END_TIME);

cluster.setupPrimary({ exec: fileURLToPath(new URL('worker.js', import.meta.url)) });
const primary = await startPrimary();
const client = primary.connect<Events>();
const flags = new Flags(client, 0);
/** The workers that serve. */
const serving = new Set<Worker>();
/** One thing at a time: a start, a replacement, a roll. */
let turn: Promise<void> = Promise.resolve();
let answered = 0;
let isStopping = false;

client.on('error', console.error);
await flags.lead();
await client.subscribe('worker::answered', (count) => (answered += count));
await client.subscribe('worker::leaving', (id) => inTurn(() => replace(cluster.workers?.[id])));
cluster.on('exit', (worker) => {
  serving.delete(worker);
  inTurn(fill); // where it has died by itself, one is missing
});
process.on('SIGHUP', () => inTurn(roll));
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
inTurn(fill);
inTurn(() => console.log(`primary ${process.pid} has its ${size} workers`));

/** Starts what is missing. */
async function fill(): Promise<void> {
  if (serving.size >= size || isStopping) return;
  await start().catch((error: unknown) => {
    complain(error);
    return sleep(1_000);
  });
  await fill();
}

/** Resolves when a new worker serves: it has the state, and listens. */
function start(): Promise<void> {
  return new Promise((resolve, reject) => {
    const worker = cluster.fork();
    const timer = setTimeout(() => worker.process.kill('SIGKILL'), startTime);
    worker.once('listening', ({ port }) => {
      clearTimeout(timer);
      serving.add(worker);
      console.log(`worker ${worker.id} (pid ${worker.process.pid}) serves port ${port}`);
      resolve();
    });
    worker.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`worker ${worker.id} ended before it served`));
    });
  });
}

async function roll(): Promise<void> {
  for (const worker of [...serving]) await replace(worker);
  if (!isStopping) console.log('all workers are replaced');
}

/** Where the new one does not come up, the old one stays, and a roll ends. */
async function replace(worker: Worker | undefined): Promise<void> {
  if (worker === undefined || !serving.has(worker) || isStopping) return;
  await start();
  await end(worker);
}

/** Resolves when it has ended. */
async function end(worker: Worker): Promise<void> {
  if (worker.isDead()) return;
  const ended = once(worker, 'exit');
  const timer = setTimeout(() => {
    console.error(`worker ${worker.id} takes too long to end, and is killed`);
    worker.process.kill('SIGKILL');
  }, endTime);
  // Not `worker.disconnect()`: that closes the channel, whatever the worker still has to publish.
  void client.publish('worker::end', worker.id);
  await ended;
  clearTimeout(timer);
  console.log(`worker ${worker.id} has ended`);
}

function stop(): void {
  if (!isStopping) inTurn(endAll);
  isStopping = true;
}

async function endAll(): Promise<void> {
  await Promise.all([...serving].map(end));
  console.log(`${answered} requests were answered, ${flags.changes} flags set`);
  await primary.close();
}

function inTurn(task: () => Promise<void> | void): void {
  turn = turn.then(task).catch(complain);
}

function complain(error: unknown): void {
  console.error(String(error));
}
