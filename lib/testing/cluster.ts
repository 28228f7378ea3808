/**
 * A cluster in one process, for tests: a real server, real clients, the real protocol of the IPC channel; only the
 * processes and the channels between them are simulated, so that they can be faulted.
 */
import { PubSubError } from '../errors.js';
import { MemoryAdapter, type MemoryClientOptions } from '../memory/adapter.js';
import type { Limits } from '../protocol/limits.js';
import type { Overflow } from '../server/connection.js';
import type { StateTypes } from '../state/client/api.js';
import type { CacheClient } from '../state/client/caches/api.js';
import { Server } from '../state/server/server.js';
import type { StateOptions } from '../state/server/persistence/store.js';
import { SimulatedAdapter } from './adapter.js';
import type { Schedule } from './pipe.js';
import { SimulatedProcess, type SimulatedWorker } from './worker.js';

export interface SimulatedClusterOptions {
  /** What differs from `defaultLimits`, for the servers; each client may be given its own. */
  readonly limits?: Partial<Limits>;
  /** What becomes of a worker that does not keep up, as in `startPrimary()`. Default: `'gap'`. */
  readonly overflow?: Overflow;
  /** Where each server keeps its state for the next one, as in `startPrimary()`. Default: nowhere. */
  readonly state?: StateOptions;
  /**
   * Runs a task later: whatever travels between two processes arrives in such a task. Tests that give one decide about
   * the interleaving; fast-check's `scheduler()` finds those in which something breaks. Default: `setImmediate`.
   */
  readonly schedule?: Schedule;
  /** How messages are copied on their way, as in `startPrimary()`. Default: `'advanced'`. */
  readonly serialization?: 'advanced' | 'json';
  /** Called with each server before it starts: registers clients, adds adapters or methods. */
  readonly prepare?: (server: Server) => void;
}

/**
 * A cluster whose workers are simulated in this process, and can be stopped, killed, disconnected and delayed.
 *
 * ```ts
 * await using cluster = new SimulatedCluster({ limits: { windowMessages: 4 } });
 * await cluster.start();
 * const worker = cluster.fork();
 * const [publisher, subscriber] = [cluster.connect(), worker.connect()];
 * await subscriber.subscribe('e', handler, { onGap });
 * worker.stop();
 * for (let n = 0; n < 10; n++) await publisher.publish('e', n);
 * worker.continue();
 * await cluster.settled(); // the handler has had 4 values, and onGap was told of 6
 * ```
 *
 * What is real: server, clients, subscriptions, every byte of the protocol (handshake, batches, acknowledgements, windows,
 * pings, goodbyes), every limit. What travels is copied; it travels in order, in tasks of `schedule` and in nothing else.
 *
 * What is not simulated:
 *
 * - Time. Timers are those of the process, so a stopped worker's timers go on, as does its code: a client in it can be
 *   called, and what it says waits. Hellos are repeated after 50 ms and more, which is how long a client takes to find
 *   the server after a restart. Use fake timers where time matters.
 * - Turns. A client and a server collect what they say in one turn of the event loop of this process, and send it by
 *   `setImmediate`, as they always do.
 * - The size of the channel: the pipes take everything, so that windows alone bound what is on its way.
 * - `startPrimary()`, `connectWorker()` and `node:cluster`, which are not used at all, nor signals and exit codes.
 */
export class SimulatedCluster implements AsyncDisposable {
  readonly #options: SimulatedClusterOptions;
  readonly #processes: SimulatedProcess[] = [];
  #adapter!: SimulatedAdapter;
  #memory!: MemoryAdapter;
  #server!: Server;
  #isClosed = false;

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for bad options; and what `prepare` throws. */
  constructor(options: SimulatedClusterOptions = {}) {
    this.#options = options;
    this.#replaceServer();
  }

  /** The server in the primary; another one after a restart. */
  get server(): Server {
    return this.#server;
  }

  /** Starts the server. Workers may be forked, and clients may connect, before that. */
  start(): Promise<void> {
    return this.#server.start();
  }

  /** A client in the primary, as `primary.connect()` gives it. It ends with its server. */
  connect<Events = Record<string, unknown>, State extends StateTypes = StateTypes>(
    options?: MemoryClientOptions,
  ): CacheClient<Events, State> {
    return this.#memory.connect<Events, State>(options);
  }

  /** Another worker, running. */
  fork(): SimulatedWorker {
    if (this.#isClosed) throw new PubSubError('ERR_PUBSUB_CLOSED', 'the simulated cluster is closed');
    const { schedule = (task) => void setImmediate(task), serialization } = this.#options;
    const worker = new SimulatedProcess(this.#processes.length + 1, {
      schedule,
      copy: serialization === 'json' ? copyAsJson : structuredClone,
      receive: (from, message) => this.#adapter.receive(from, message),
      ended: (process, reason) => this.#adapter.ended(process, reason),
    });
    this.#processes.push(worker);
    return worker;
  }

  /**
   * Closes the server, in good order, and starts another one in its place; the workers live on, and their clients find it.
   * Workers that are stopped keep the first from closing, for `closeTime` at most.
   */
  async restart(): Promise<void> {
    await this.#server.close();
    if (this.#isClosed) return;
    this.#replaceServer();
    await this.#server.start();
  }

  /**
   * Resolves when nothing is on its way any more, but to those that are stopped: what was published has arrived, or is told
   * as missed. Not for a `schedule` that waits to be told to go on.
   */
  async settled(): Promise<void> {
    // What arrives may be answered when the turn ends in which it is handled.
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#processes.some(({ isBusy }) => isBusy)) quiet = -1;
    }
  }

  /**
   * Ends everything at once: each worker as if it were killed, then the server. All clients are closed by it, and all their
   * promises settle. For an orderly end close them before.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const process of this.#processes) process.end();
    await this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #replaceServer(): void {
    const { limits = {}, overflow = 'gap', state, prepare } = this.#options;
    this.#adapter = new SimulatedAdapter();
    this.#memory = new MemoryAdapter();
    this.#server = new Server([this.#adapter, this.#memory], { limits, overflow, state });
    prepare?.(this.#server);
  }
}

function copyAsJson(message: object): object {
  return JSON.parse(JSON.stringify(message)) as object;
}
