/** A cluster of real processes: this one is its primary. */
import { IpcAdapter, MemoryAdapter, Server, type Client, type Limits } from 'clustercast';
import type { Report } from '../fixtures/model-worker.js';
import { endOfTurn } from '../support/turn.js';
import { until, within } from '../support/until.js';
import { endWorkers, forkWorker, type Forked } from '../support/workers.js';
import { recordOf } from './process-record.js';
import {
  isLiving,
  type ClientRecord,
  type PublishRecord,
  type SubscriptionRecord,
  type WorkerRecord,
} from './records.js';
import type { Taps } from './taps.js';
import { timeout, World, type EventName } from './world.js';

export interface ProcessWorldOptions {
  readonly windowMessages: number;
  readonly windowLength: number;
  readonly outboxMessages: number;
  readonly overflow: 'gap' | 'disconnect';
}

/** A worker, and by their places in it what the records of this process are there. */
interface Process {
  readonly forked: Forked;
  readonly clients: ClientRecord[];
  readonly subscriptions: SubscriptionRecord[];
}

export class ProcessWorld extends World {
  readonly #options: ProcessWorldOptions;
  readonly #clientLimits: Partial<Limits>;
  readonly #processes = new Map<WorkerRecord, Process>();
  #memory = new MemoryAdapter();
  #server: Server;
  /** What was not at rest when it was last looked at. */
  #waitsFor = '';

  constructor(options: ProcessWorldOptions, taps: Taps) {
    super(taps, options.overflow);
    this.#options = options;
    this.#clientLimits = { outboxMessages: options.outboxMessages };
    this.#server = this.#newServer();
  }

  get server(): Server {
    return this.#server;
  }

  fork(): void {
    const forked = forkWorker('model-worker');
    const record = recordOf(forked);
    this.workers.push(record);
    this.#processes.set(record, { forked, clients: [], subscriptions: [] });
  }

  async wait(time: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, time));
  }

  pace(): Promise<void> {
    return this.wait(3);
  }

  /** Waits until nothing is left to be done. */
  async rest(): Promise<void> {
    try {
      await until(() => this.#isQuiet(), 'it comes to rest', 20_000);
    } catch (cause) {
      throw new Error(`it does not come to rest: ${this.#waitsFor}`, { cause });
    }
  }

  /** Lets everybody go on, waits likewise, and asks all what became of everything. */
  async settle(): Promise<void> {
    for (const record of this.workers) this.goOn(record);
    await this.rest();
    // What was said in a turn is sent at its end; what is asked after that is answered after that.
    await endOfTurn();
    for (const [worker, process] of this.#processes) {
      const { subscribed, published } =
        worker.state === 'ended' ? nothingReported : ((await this.#ask(process, 'report')) as Report);
      for (const [n, record] of process.subscriptions.entries()) record.subscribed = subscribed[n];
      const outcomes = new Map(published);
      for (const record of this.publishes) {
        if (record.of.worker !== worker) continue;
        record.outcome = outcomes.has(record.key) ? outcomes.get(record.key) : 'unasked';
      }
    }
  }

  async end(): Promise<void> {
    await endWorkers();
    await this.#server.close();
  }

  protected connectIn(worker: WorkerRecord | undefined): Client | undefined {
    if (worker === undefined) return this.#memory.connect({ timeout, limits: this.#clientLimits });
    this.#tell(worker, 'connect', this.#clientLimits);
    return undefined;
  }

  override connect(worker: WorkerRecord | undefined): ClientRecord {
    const record = super.connect(worker);
    if (worker !== undefined) this.#processes.get(worker)?.clients.push(record);
    return record;
  }

  protected override subscribeThere(record: SubscriptionRecord, event: EventName): void {
    const worker = record.of.worker as WorkerRecord;
    this.#processes.get(worker)?.subscriptions.push(record);
    this.#tell(worker, 'subscribe', this.#placeOf(record.of), event);
  }

  protected override unsubscribeThere(record: SubscriptionRecord): void {
    const worker = record.of.worker as WorkerRecord;
    const place = this.#processes.get(worker)?.subscriptions.indexOf(record);
    this.#tell(worker, 'unsubscribe', place);
  }

  protected override publishThere(
    of: ClientRecord,
    event: EventName,
    records: readonly PublishRecord[],
    time: number | undefined,
  ): void {
    const keys = records.map(({ key }) => key);
    this.#tell(of.worker as WorkerRecord, 'publish', this.#placeOf(of), event, keys, time);
  }

  protected override closeThere(record: ClientRecord): void {
    this.#tell(record.worker as WorkerRecord, 'close', this.#placeOf(record));
  }

  protected async replaceServer(): Promise<void> {
    await this.#server.close();
    this.#memory = new MemoryAdapter();
    this.#server = this.#newServer();
    await this.#server.start();
  }

  #newServer(): Server {
    const { windowMessages, windowLength, overflow } = this.#options;
    const server = new Server([new IpcAdapter(), this.#memory], {
      limits: { windowMessages, windowLength, closeTime: 150 },
      overflow,
    });
    this.prepare(server);
    return server;
  }

  #placeOf(record: ClientRecord): number {
    return this.#processes.get(record.worker as WorkerRecord)?.clients.indexOf(record) ?? -1;
  }

  #tell(worker: WorkerRecord, command: string, ...args: readonly unknown[]): void {
    const { forked } = this.#processes.get(worker) as Process;
    const call = async (): Promise<void> => {
      await forked.ready;
      // Nobody would answer.
      if (worker.state !== 'ended') await forked.call(command, ...args);
    };
    call().catch(() => undefined);
  }

  async #ask({ forked }: Process, command: string): Promise<unknown> {
    await within(forked.ready, 'a worker is ready', 30_000);
    return forked.call(command);
  }

  async #isQuiet(): Promise<boolean> {
    const { behind } = this.server.stats();
    this.#waitsFor = this.isRestarting ? 'the server' : `${behind} connections that are behind`;
    if (this.isRestarting || behind > 0) return false;
    for (const { client } of this.clients.filter(isLiving)) {
      const { state, pending } = client?.stats() ?? { state: 'open', pending: 0 };
      this.#waitsFor = `a client here: ${state}, ${pending} pending`;
      if (state !== 'open' || pending > 0) return false;
    }
    for (const [{ state }, process] of this.#processes) {
      this.#waitsFor = `process ${process.forked.pid}, which is ${state}: ${process.forked.stderr()}`;
      if (state === 'ended') continue;
      const isQuiet = await this.#ask(process, 'isQuiet');
      this.#waitsFor += `, and answers ${String(isQuiet)}`;
      if (isQuiet !== true) return false;
    }
    return true;
  }
}

const nothingReported: Report = { subscribed: [], published: [] };
