/**
 * The primary's part: starts the pub/sub server and the database, forks the replicas, replaces one that dies,
 * and ends them all.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { startPrimary } from 'clustercast';
import { startDatabase } from './database-server.js';

/** How long a replica may take to end by itself, in milliseconds. */
const patience = 5_000;
/** Before another try where a replacement did not come up, in milliseconds. */
const pause = 1_000;

export interface Service {
  readonly url: string;
  /** Ends every replica, then the rest. */
  stop(): Promise<void>;
}

/** Resolves when `count` replicas listen on `port` of the loopback interface; 0 takes a free one. */
export async function startService(count: number, port: number): Promise<Service> {
  const primary = await startPrimary();
  const database = await startDatabase();
  // New connections are dealt out in turn, on every platform.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const env = { DATABASE_URL: database.url, REPLICA_PORT: String(port) };
  let isStopping = false;
  let servedPort = port;

  /** Forks a replica; resolves to its port when it listens. */
  function start(): Promise<number> {
    const worker = cluster.fork(env);
    return new Promise((resolve, reject) => {
      let listens = false;
      worker.once('listening', (address) => {
        listens = true;
        resolve(address.port);
      });
      worker.once('exit', (code, signal) => {
        if (!listens) reject(new Error(`replica ${worker.id} ended before it listened`));
        else if (!isStopping) replace(worker, signal ?? `code ${code}`);
      });
    });
  }

  function replace(worker: Worker, reason: string): void {
    console.log(`Replica ${worker.id} (pid ${worker.process.pid}) died: ${reason}. Another one is forked.`);
    void startAgain();
  }

  async function startAgain(): Promise<void> {
    if (isStopping) return;
    try {
      const actualPort = await start();
      // A free port is kept only while somebody listens on it.
      if (actualPort !== servedPort) console.log(`Nobody was left; from now on the port is ${actualPort}.`);
      servedPort = actualPort;
    } catch {
      setTimeout(() => void startAgain(), pause).unref();
    }
  }

  async function stop(): Promise<void> {
    isStopping = true;
    await Promise.all(Object.values(cluster.workers ?? {}).map(end));
    await primary.close();
    await database.close();
  }

  try {
    // One alone at first, so that a port that is taken is complained about once.
    servedPort = await start();
    await Promise.all(Array.from({ length: count - 1 }, start));
    return { url: `http://127.0.0.1:${servedPort}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Has a worker end: by itself if it can. */
async function end(worker: Worker | undefined): Promise<void> {
  if (worker === undefined || worker.isDead()) return;
  const exit = once(worker, 'exit');
  worker.process.kill('SIGTERM');
  const timer = setTimeout(() => worker.process.kill('SIGKILL'), patience);
  await exit;
  clearTimeout(timer);
}
