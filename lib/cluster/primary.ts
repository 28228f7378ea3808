/**
 * `startPrimary()`: the server in the primary of a cluster, for its workers and whoever else is to connect.
 */
import cluster from 'node:cluster';
import type { Client } from '../client/api.js';
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { IpcAdapter } from '../ipc/adapter.js';
import { MemoryAdapter, type MemoryClientOptions } from '../memory/adapter.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientInfo } from '../server/access.js';
import type { Adapter } from '../server/adapter.js';
import { Server } from '../server/server.js';
import { place } from './place.js';

export interface PrimaryOptions {
  /** Clients that are known from the start, with their rights. */
  readonly clients?: readonly ClientInfo[];
  /** Where clients other than workers may connect. */
  readonly adapters?: readonly Adapter[];
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /**
   * How `node:cluster` serializes what travels to workers forked from now on. Default: `'advanced'`, which is
   * faster here, if nothing has been forked and the application has not chosen; values mean the same on both.
   */
  readonly serialization?: 'advanced' | 'json';
}

/** A server that runs in this process. */
export class Primary implements AsyncDisposable {
  readonly server: Server;
  readonly #memory: MemoryAdapter;

  constructor(server: Server, memory: MemoryAdapter) {
    this.server = server;
    this.#memory = memory;
  }

  /**
   * A client in this very process.
   *
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for bad options.
   */
  connect<Events = Record<string, unknown>>(options: MemoryClientOptions = {}): Client<Events> {
    return this.#memory.connect<Events>(options);
  }

  /**
   * Ends the server: what was accepted is still sent, every client is told, every adapter closed. The clients
   * of living workers wait for the next `startPrimary()`. May be called twice.
   */
  async close(): Promise<void> {
    await this.server.close();
    if (Reflect.get(globalThis, running) === this) Reflect.deleteProperty(globalThis, running);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** Where every copy of this package in the process sees that a server runs: two would both answer a hello. */
const running = Symbol.for('clustercast.primary');

const log = debugLog('cluster');

/**
 * Starts the server in the primary. Workers may be forked before, after or meanwhile: the IPC side is in place
 * when this returns, and the promise resolves when every other adapter listens.
 *
 * @example
 * ```ts
 * await startPrimary();
 * for (let i = 0; i < 4; i++) cluster.fork();
 * cluster.on('exit', () => cluster.fork());
 * ```
 *
 * @throws PubSubError `ERR_PUBSUB_WRONG_PROCESS` in a worker or in a worker thread; `ERR_PUBSUB_STARTED` if a
 * server runs in this process already; `ERR_PUBSUB_INVALID_ARGUMENT` for bad options; and whatever an adapter
 * throws at its start, in which case nothing is left running.
 */
export async function startPrimary(options: PrimaryOptions = {}): Promise<Primary> {
  const here = place();
  if (here !== 'primary') throw new PubSubError('ERR_PUBSUB_WRONG_PROCESS', wrongPlace[here]);
  if (Reflect.has(globalThis, running)) {
    throw new PubSubError(
      'ERR_PUBSUB_STARTED',
      'a server runs in this process already; close() it first, or use the one that startPrimary() returned',
    );
  }
  const { clients = [], adapters = [], limits = {}, serialization } = options;
  const memory = new MemoryAdapter();
  const server = new Server([new IpcAdapter(), memory, ...adapters], { limits });
  for (const client of clients) server.registerClient(client);
  chooseSerialization(serialization);
  const primary = new Primary(server, memory);
  Reflect.set(globalThis, running, primary);
  try {
    await server.start();
  } catch (error) {
    await primary.close();
    throw error;
  }
  log('started');
  return primary;
}

function chooseSerialization(choice: 'advanced' | 'json' | undefined): void {
  const hasForked = Object.keys(cluster.workers ?? {}).length > 0;
  const isChosen = cluster.settings.serialization !== undefined;
  if (choice === undefined && (hasForked || isChosen)) return;
  if (choice !== undefined && choice !== 'advanced' && choice !== 'json') {
    throw new PubSubError(
      'ERR_PUBSUB_INVALID_ARGUMENT',
      `serialization must be 'advanced' or 'json', not ${String(choice)}`,
    );
  }
  cluster.setupPrimary({ serialization: choice ?? 'advanced' });
}

const wrongPlace = {
  worker:
    'startPrimary() was called in a worker; call it in the primary (if (cluster.isPrimary)), ' +
    'and connectWorker() here',
  thread: 'startPrimary() was called in a worker thread; call it in the main thread of the primary process',
} as const;
