/**
 * One replica: a worker that holds a catalogue and flags in memory and serves them over HTTP. It listens only
 * once it hears what the others tell and has what it lacks, so that nobody is served by a blank one.
 */
import cluster from 'node:cluster';
import { connectWorker } from 'clustercast';
import { Catalogue } from './catalogue.js';
import { obeyPage } from './commands.js';
import { Database } from './database.js';
import type { Events } from './events.js';
import { Flags } from './flags.js';
import { JsonServer } from './json-server.js';
import { Reporter } from './reporter.js';
import { routes } from './routes.js';
import type { State } from './state.js';

export async function runReplica(): Promise<void> {
  const { DATABASE_URL = '', REPLICA_PORT = '0' } = process.env;
  const number = cluster.worker?.id ?? 0;
  const client = connectWorker<Events, State>();
  client.on('error', (error) => console.error(`Replica ${number}:`, error));
  const database = new Database(DATABASE_URL);
  const reporter = new Reporter(number, client);
  const catalogue = new Catalogue(client, database, reporter.note);

  // Where the primary dies while it hands over a connection, Node raises that here; unheard, it would be printed as a
  // crash. The replica ends by itself then.
  cluster.worker?.on('error', () => undefined);
  // Ctrl-C in a terminal reaches every process; the primary is the one to decide, and says SIGTERM.
  process.on('SIGINT', () => undefined);
  try {
    await catalogue.join();
    const flags = await Flags.join(client, reporter.note);
    await obeyPage(number, client, { catalogue, flags });
    const server = new JsonServer(routes({ number, client, catalogue, flags }), {
      'x-replica': String(number),
    });
    await reporter.start(() => ({
      requests: server.requests,
      isStale: flags.isStale || catalogue.isStale,
      flags: flags.all(),
      cached: catalogue.cached,
    }));
    await server.listen(Number(REPLICA_PORT));
    const stop = async (): Promise<void> => {
      await server.close();
      reporter.stop();
      await client.close(); // after the last request, which may publish
      cluster.worker?.disconnect();
    };
    let stopped: Promise<void> | undefined;
    process.on('SIGTERM', () => void (stopped ??= stop())); // it may come twice
  } catch (error) {
    console.error(`Replica ${number}: ${explain(error, REPLICA_PORT)}`);
    process.exitCode = 1;
    reporter.stop();
    await client.close();
    cluster.worker?.disconnect();
  }
}

function explain(error: unknown, port: string): string {
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    return `port ${port} of 127.0.0.1 is taken; choose another one with the environment variable PORT`;
  }
  return String(error);
}
