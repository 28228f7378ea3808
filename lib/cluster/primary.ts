/**
 * `startPrimary()`: the server in the primary of a cluster, for its workers and whoever else is to connect.
 */
import cluster, { type Worker } from 'node:cluster';
import { Emitter } from '../client/emitter.js';
import { checkTimeout } from '../client/timeout.js';
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { IpcAdapter } from '../ipc/adapter.js';
import { MemoryAdapter, type MemoryClientOptions } from '../memory/adapter.js';
import type { Adapter } from '../server/adapter.js';
import type { StateTypes } from '../state/client/api.js';
import type { CacheClient } from '../state/client/caches/api.js';
import type { StateClientInfo } from '../state/server/rights.js';
import { Server, type ServerOptions } from '../state/server/server.js';
import { place } from './place.js';

export interface PrimaryOptions extends ServerOptions {
  /** Clients that are known from the start, with their rights. */
  readonly clients?: readonly StateClientInfo[];
  /** Where clients other than workers may connect. */
  readonly adapters?: readonly Adapter[];
  /**
   * Kills a worker, with SIGKILL, that has given no sign of life for so many milliseconds: its event loop stands still,
   * or the process is stopped. From 1 to 2,147,483,647; looked at each `heartbeatTime`. Default: never.
   */
  readonly killStale?: number;
  /**
   * How `node:cluster` serializes what travels to workers forked from now on. Default: `'advanced'`, which is
   * faster here, if nothing has been forked and the application has not chosen; values mean the same on both.
   */
  readonly serialization?: 'advanced' | 'json';
}

/** What a primary raises. A worker without a client is not watched. */
export interface PrimaryEvents {
  /** A worker has given no sign of life for `staleTime`; `silence` is in milliseconds. */
  stale: [worker: Worker, silence: number];
  /** It gives one again, after so many milliseconds. One that ends instead raises nothing here. */
  recovered: [worker: Worker, silence: number];
}

/** A server that runs in this process. */
export class Primary implements AsyncDisposable {
  readonly server: Server;
  readonly #memory: MemoryAdapter;
  readonly #emitter = new Emitter<PrimaryEvents>((error, type) => {
    log('a listener of %s threw: %s', type, error instanceof Error ? error.name : typeof error);
  });

  constructor({ adapters = [], clients = [], killStale, ...options }: PrimaryOptions) {
    if (killStale !== undefined) checkTimeout(killStale, 'killStale');
    const ipc = new IpcAdapter({
      killStale,
      lifeChanged: (worker, isStale, silence) =>
        this.#emitter.emit(isStale ? 'stale' : 'recovered', worker, silence),
    });
    this.#memory = new MemoryAdapter();
    this.server = new Server([ipc, this.#memory, ...adapters], options);
    for (const client of clients) this.server.registerClient(client);
  }

  /**
   * A client in this very process.
   *
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for bad options.
   */
  connect<Events = Record<string, unknown>, State extends StateTypes = StateTypes>(
    options: MemoryClientOptions = {},
  ): CacheClient<Events, State> {
    return this.#memory.connect<Events, State>(options);
  }

  on<Type extends keyof PrimaryEvents>(type: Type, listener: (...args: PrimaryEvents[Type]) => void): this {
    this.#emitter.on(type, listener);
    return this;
  }

  once<Type extends keyof PrimaryEvents>(type: Type, listener: (...args: PrimaryEvents[Type]) => void): this {
    this.#emitter.once(type, listener);
    return this;
  }

  off<Type extends keyof PrimaryEvents>(type: Type, listener: (...args: PrimaryEvents[Type]) => void): this {
    this.#emitter.off(type, listener);
    return this;
  }

  /**
   * Ends the server: what was accepted is still sent, every client is told, and has `closeTime` to take it; then every
   * adapter is closed, and the state saved, if it is. The clients of living workers wait for the next `startPrimary()`. May
   * be called twice.
   *
   * @throws PubSubError `ERR_PUBSUB_TIMEOUT` where the state is not saved in time; whatever its `save` throws, or the close
   * of an adapter. The server has ended all the same.
   */
  async close(): Promise<void> {
    try {
      await this.server.close();
    } finally {
      if (Reflect.get(globalThis, running) === this) Reflect.deleteProperty(globalThis, running);
    }
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
 * when this returns, and the promise resolves when every other adapter listens, and the state is loaded.
 *
 * @example
 * ```ts
 * await startPrimary();
 * for (let i = 0; i < 4; i++) cluster.fork();
 * cluster.on('exit', () => cluster.fork());
 * ```
 *
 * @throws PubSubError `ERR_PUBSUB_WRONG_PROCESS` in a worker or in a worker thread; `ERR_PUBSUB_STARTED` if a
 * server runs in this process already; `ERR_PUBSUB_INVALID_ARGUMENT` for bad options; as {@link ServerOptions.state} says; and
 * whatever an adapter throws at its start, in which case nothing is left running.
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
  const { serialization, ...serverOptions } = options;
  const primary = new Primary(serverOptions);
  chooseSerialization(serialization);
  Reflect.set(globalThis, running, primary);
  try {
    await primary.server.start();
  } catch (error) {
    // It has been closed, and this is why.
    await primary.close().catch(() => undefined);
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
