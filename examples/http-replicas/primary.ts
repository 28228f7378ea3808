/**
 * The primary's part: starts the pub/sub server, the database and the live page, forks the replicas, replaces one
 * that dies, and ends them all.
 */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { startPrimary } from 'clustercast';
import { ControlRoom } from './control-room.js';
import { startDatabase } from './database-server.js';
import type { Events } from './events.js';
import { seedFlags } from './flags.js';
import { PageServer } from './page-server.js';
import type { State } from './state.js';
import { Visitors } from './visitors.js';

/** How long a replica may take to end by itself, in milliseconds. */
const patience = 5_000;
/** Before another try where a replacement did not come up, in milliseconds. */
const pause = 1_000;

export interface Service {
  readonly url: string;
  /** Of the live page, with the id that lets it in; `undefined` where there is none. */
  readonly pageUrl: string | undefined;
  /** Ends every replica, then the rest. */
  stop(): Promise<void>;
}

/**
 * Resolves when `count` replicas listen on `port` of the loopback interface; 0 takes a free one.
 *
 * @param pagePort of the live page; without it there is none.
 */
export async function startService(count: number, port: number, pagePort?: number): Promise<Service> {
  const page = pagePort === undefined ? undefined : await PageServer.listen(pagePort);
  // The page is a client like any other: known from the start, by an id that it has to give. It holds the flags, too.
  const clients = page === undefined ? [] : [{ id: page.id, maps: { flags: 'read' } as const }];
  const adapters = page === undefined ? [] : [page.adapter()];
  const primary = await startPrimary({ clients, adapters });
  const client = primary.connect<Events, State>();
  await seedFlags(client);
  const database = await startDatabase();
  // New connections are dealt out in turn, on every platform.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const env = { DATABASE_URL: database.url, REPLICA_PORT: String(port) };
  let isStopping = false;
  let servedPort = port;
  const visitors = new Visitors(() => `http://127.0.0.1:${servedPort}`);
  const controlRoom = new ControlRoom(client, visitors);
  await controlRoom.open();

  /** Forks a replica; resolves to its port when it listens. */
  function start(place: number): Promise<number> {
    const worker = cluster.fork(env);
    return new Promise((resolve, reject) => {
      let listens = false;
      worker.once('listening', (address) => {
        listens = true;
        controlRoom.joined(worker, place);
        resolve(address.port);
      });
      worker.once('exit', (code, signal) => {
        const how = signal ?? `code ${code}`;
        controlRoom.ended(worker, how);
        if (!listens) reject(new Error(`replica ${worker.id} ended before it listened`));
        else if (!isStopping) replace(worker, place, how);
      });
    });
  }

  function replace(worker: Worker, place: number, how: string): void {
    console.log(`Replica ${worker.id} (pid ${worker.process.pid}) died: ${how}. Another one is forked.`);
    void startAgain(place);
  }

  async function startAgain(place: number): Promise<void> {
    if (isStopping) return;
    try {
      const actualPort = await start(place);
      // A free port is kept only while somebody listens on it.
      if (actualPort !== servedPort) console.log(`Nobody was left; from now on the port is ${actualPort}.`);
      servedPort = actualPort;
    } catch {
      setTimeout(() => void startAgain(place), pause).unref();
    }
  }

  async function stop(): Promise<void> {
    isStopping = true;
    visitors.set(false);
    await Promise.all(Object.values(cluster.workers ?? {}).map(end));
    await controlRoom.close();
    await primary.close();
    await page?.close();
    await database.close();
  }

  try {
    // One alone at first, so that a port that is taken is complained about once.
    servedPort = await start(1);
    await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 2)));
    return { url: `http://127.0.0.1:${servedPort}`, pageUrl: page?.url, stop };
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
