/** A primary, this process, with two workers whose clients say what a test wants to see, and all that is said. */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startPrimary, type Primary, type PrimaryOptions } from 'clustercast';
import { deferred } from '#lib/client/deferred.js';
import { control, towardsWorker, type Control } from '../support/control.js';
import { within } from '../support/until.js';
import { Wire, type Said } from './wire.js';

export type Serialization = 'advanced' | 'json';

const exec = fileURLToPath(new URL('../fixtures/protocol-worker.js', import.meta.url));

export interface StageOptions extends PrimaryOptions {
  readonly serialization: Serialization;
  readonly keepsRepeats?: boolean;
}

/** One of its workers. */
export interface Seat {
  readonly worker: Worker;
  /** Calls a command of `test/fixtures/protocol-worker.ts`. */
  readonly call: Control;
  /** Resolves when it listens. */
  readonly isReady: Promise<void>;
}

export class Stage implements AsyncDisposable {
  readonly wire: Wire;
  readonly seats: readonly [Seat, Seat];
  readonly #options: StageOptions;
  #primary: Primary | undefined;

  private constructor(options: StageOptions, wire: Wire, seats: readonly [Seat, Seat]) {
    this.#options = options;
    this.wire = wire;
    this.seats = seats;
  }

  /** Opens a stage whose server has not been started. */
  static async open(options: StageOptions): Promise<Stage> {
    const { serialization, keepsRepeats = false } = options;
    const wire = new Wire({ keepsRepeats });
    cluster.setupPrimary({ exec, execArgv: [], serialization, silent: false });
    const stage = new Stage(options, wire, [seat(wire), seat(wire)]);
    try {
      await Promise.all(stage.seats.map(({ isReady }) => within(isReady, 'the worker is ready')));
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Starts the server. */
  async start(): Promise<Primary> {
    const { clients = [], limits = {}, serialization } = this.#options;
    this.#primary = await startPrimary({ clients, limits, serialization });
    return this.#primary;
  }

  /** What is said from the call of `act` until its promise has settled. */
  async during(act: () => unknown): Promise<Said[]> {
    this.wire.take();
    await act();
    return this.wire.take();
  }

  /**
   * Has a worker say `envelope`, in which an `id` such as `id-1` stands for what it stands for on the wire, and waits
   * until the server has said what it has to say to that.
   */
  async sayByHand(from: Seat, envelope: Readonly<Record<string, unknown>>): Promise<void> {
    const { id } = envelope;
    const isWord = typeof id === 'string' && /^id-\d+$/.test(id);
    await from.call('say', isWord ? { ...envelope, id: this.wire.meaningOf(id) } : envelope);
    // By now the server has heard it, and it answers before the turn ends.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#primary?.close();
    await Promise.all(
      this.seats.map(async ({ worker }) => {
        if (worker.isDead()) return;
        worker.process.kill();
        await once(worker, 'exit');
      }),
    );
  }
}

function seat(wire: Wire): Seat {
  const worker = cluster.fork();
  wire.tap(worker);
  const ready = deferred<void>();
  const call = control(towardsWorker(worker), { ready: () => ready.resolve() });
  return { worker, call, isReady: ready.promise };
}
