/**
 * A worker process that is only simulated: its clients are real ones, and speak the real protocol of the IPC channel
 * over two pipes in memory, which can be faulted.
 */
import type { PubSubClientOptions } from '../client/client.js';
import { PubSubError } from '../errors.js';
import { readFromWorker } from '../ipc/envelope.js';
import type { StateTypes } from '../state/client/api.js';
import type { CacheClient } from '../state/client/caches/api.js';
import { CachingClient } from '../state/client/caching-client.js';
import { IpcConnector } from '../ipc/connector.js';
import { Ports, type WorkerPipe, type WorkerPipeHandlers } from '../ipc/ports.js';
import type { PrimaryPipe } from '../ipc/server-channel.js';
import { resolveLimits } from '../protocol/limits.js';
import { Pipe, type Schedule } from './pipe.js';

export interface SimulatedClientOptions extends PubSubClientOptions {
  /** The id of a registered client, whose rights this one gets. Without it the client has every right. */
  readonly clientId?: string;
}

export interface KillOptions {
  /**
   * How many of the envelopes that it has said, and that are on their way, still arrive; the rest is lost with it, as
   * what was not yet written to the channel is. Default: all of them.
   */
  readonly arriving?: number;
}

/** A worker of a {@link SimulatedCluster}, with its faults. All of them can be called in any state, and again. */
export interface SimulatedWorker {
  /** 1 for the first that was forked. */
  readonly id: number;
  /**
   * A client in this worker, as `connectWorker()` gives it.
   *
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for bad options, `ERR_PUBSUB_CLOSED` where the worker was killed.
   */
  connect<Events = Record<string, unknown>, State extends StateTypes = StateTypes>(
    options?: SimulatedClientOptions,
  ): CacheClient<Events, State>;
  /**
   * Stops it, as SIGSTOP does: nothing is taken by it, and nothing that its clients say gets out of it. What it had said
   * before is on its way all the same; what is said to it waits.
   */
  stop(): void;
  /** Lets it go on, as SIGCONT does. */
  continue(): void;
  /**
   * Kills it, as SIGKILL does. The primary hears what had got out of it, and then its end. Its clients hear no more: their
   * promises stay as they are until they are past their time, or the cluster closes.
   */
  kill(options?: KillOptions): void;
  /**
   * Closes its channel, and the process lives on. What is on its way arrives first, then both sides are told; its clients
   * end, since no worker gets another channel. What a stopped one says before it goes on is lost.
   */
  disconnect(): void;
  /** All that is said from now on, by it and to it, arrives so many turns of the scheduler later; in order still. */
  delay(turns: number): void;
  /** Whether what was sent together arrives an envelope a turn, both ways. Default: all at once, as one read takes it. */
  split(isSplit: boolean): void;
  /** The next hello that a client of it says arrives twice, as one does that was said again before it was answered. */
  repeatHello(): void;
}

/** What a simulated process needs of its cluster. */
export interface ProcessHost {
  readonly schedule: Schedule;
  /** A copy of what is sent, so that nothing is shared. @throws what cannot be serialized */
  copy(message: object): object;
  receive(from: SimulatedProcess, message: unknown): void;
  ended(process: SimulatedProcess, reason: string): void;
}

export class SimulatedProcess implements SimulatedWorker {
  readonly id: number;
  /** What the primary says to it. */
  readonly pipe: PrimaryPipe;
  /** Its clients. */
  readonly ports: Ports;
  readonly #host: ProcessHost;
  readonly #toPrimary: Pipe;
  readonly #toWorker: Pipe;
  #state: 'running' | 'stopped' | 'killed' = 'running';
  #isConnected = true;
  /** Whether the primary has been told of its end. */
  #isGone = false;
  /** What was said while it was stopped. */
  #held: object[] = [];
  #repeats = 0;
  #listener: WorkerPipeHandlers | undefined;

  constructor(id: number, host: ProcessHost) {
    this.id = id;
    this.#host = host;
    this.#toPrimary = new Pipe(host.schedule);
    this.#toWorker = new Pipe(host.schedule);
    this.pipe = {
      label: `simulated worker ${id}`,
      send: (envelope, taken) => this.#tell(host.copy(envelope), taken),
    };
    this.ports = new Ports(this.#workerPipe());
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether anything is on its way, to it or from it, that will arrive by itself. */
  get isBusy(): boolean {
    return this.#toPrimary.isBusy || this.#toWorker.isBusy;
  }

  connect<Events = Record<string, unknown>, State extends StateTypes = StateTypes>({
    clientId,
    ...options
  }: SimulatedClientOptions = {}): CacheClient<Events, State> {
    if (this.#state === 'killed') {
      throw new PubSubError('ERR_PUBSUB_CLOSED', `simulated worker ${this.id} was killed`);
    }
    const limits = resolveLimits(options.limits);
    const connector = new IpcConnector({ clientId, limits, ports: this.ports });
    return new CachingClient(connector, options) as unknown as CacheClient<Events, State>;
  }

  stop(): void {
    if (this.#state !== 'running') return;
    this.#state = 'stopped';
    this.#toWorker.hold(true);
  }

  continue(): void {
    if (this.#state !== 'stopped') return;
    this.#state = 'running';
    const held = this.#held;
    this.#held = [];
    for (const message of held) this.#say(message);
    this.#toWorker.hold(false);
  }

  kill({ arriving = Infinity }: KillOptions = {}): void {
    if (this.#state === 'killed') return;
    this.#state = 'killed';
    this.#held = [];
    this.#toWorker.cut(0);
    this.#toPrimary.cut(arriving);
    this.#toPrimary.put(() => this.#endAt('it was killed'));
  }

  disconnect(): void {
    if (!this.#isConnected || this.#state === 'killed') return;
    this.#isConnected = false;
    this.#held = [];
    this.#toPrimary.put(() => this.#endAt('its channel was closed'));
    this.#toWorker.put(() => this.#listener?.disconnected());
  }

  delay(turns: number): void {
    this.#toPrimary.delay = turns;
    this.#toWorker.delay = turns;
  }

  split(isSplit: boolean): void {
    this.#toPrimary.isSplit = isSplit;
    this.#toWorker.isSplit = isSplit;
  }

  repeatHello(): void {
    this.#repeats += 1;
  }

  /** Ends it at once, and its clients, whatever it is in. */
  end(): void {
    this.#state = 'killed';
    this.#isConnected = false;
    this.#held = [];
    this.#toPrimary.cut(0);
    this.#toWorker.cut(0);
    this.#endAt('the cluster closes');
    this.#listener?.disconnected();
  }

  #workerPipe(): WorkerPipe {
    const isConnected = (): boolean => this.#isConnected;
    return {
      get isConnected() {
        return isConnected();
      },
      send: (message) => this.#say(this.#host.copy(message)),
      listen: (handlers) => {
        this.#listener = handlers;
        return () => (this.#listener = undefined);
      },
      // Only a real channel keeps a process alive.
      ref: () => undefined,
      unref: () => undefined,
    };
  }

  #say(message: object): void {
    if (!this.#isConnected || this.#state === 'killed') return;
    if (this.#state === 'stopped') {
      this.#held.push(message);
      return;
    }
    const arrive = (): void => this.#host.receive(this, message);
    this.#toPrimary.put(arrive);
    const envelope = this.#repeats === 0 ? undefined : readFromWorker(message);
    if (envelope === undefined || !('hello' in envelope)) return;
    for (; this.#repeats > 0; this.#repeats -= 1) this.#toPrimary.put(arrive);
  }

  #tell(message: object, taken: () => void): void {
    if (!this.#isConnected || this.#state === 'killed') return;
    this.#toWorker.put(() => this.#listener?.receive(message));
    queueMicrotask(taken);
  }

  #endAt(reason: string): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#host.ended(this, reason);
  }
}
