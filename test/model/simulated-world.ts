/** A simulated cluster, under a fake clock. */
import type { Client, Limits, Server } from 'clustercast';
import { SimulatedCluster, type Schedule, type SimulatedWorker } from 'clustercast/testing';
import type { FakeClock } from '../support/fake-clock.js';
import { isLiving, type WorkerRecord } from './records.js';
import { settleAll, type Driver } from './simulation.js';
import type { Taps } from './taps.js';
import { timeout, World } from './world.js';

export interface SimulatedWorldOptions {
  readonly windowMessages: number;
  readonly windowLength: number;
  readonly outboxMessages: number;
  readonly overflow: 'gap' | 'disconnect';
  readonly serialization: 'advanced' | 'json';
}

export class SimulatedWorld extends World {
  readonly cluster: SimulatedCluster;
  readonly #clock: FakeClock;
  readonly #limits: Partial<Limits>;
  readonly #workers = new Map<WorkerRecord, SimulatedWorker>();

  constructor(options: SimulatedWorldOptions, taps: Taps, clock: FakeClock, schedule: Schedule) {
    const { windowMessages, windowLength, outboxMessages, overflow, serialization } = options;
    super(taps, overflow);
    this.#clock = clock;
    this.#limits = { outboxMessages };
    this.cluster = new SimulatedCluster({
      limits: { windowMessages, windowLength, heartbeatTime: 100, staleTime: 200, closeTime: 150 },
      overflow,
      serialization,
      schedule,
      prepare: (server) => this.prepare(server),
    });
  }

  get server(): Server {
    return this.cluster.server;
  }

  fork(): void {
    const worker = this.cluster.fork();
    const record: WorkerRecord = { worker, state: 'running' };
    this.workers.push(record);
    this.#workers.set(record, worker);
  }

  wait(time: number): Promise<void> {
    this.#clock.pass(time);
    return Promise.resolve();
  }

  pace(): Promise<void> {
    // The scheduler has as much between them as it likes.
    return Promise.resolve();
  }

  /** Lets everybody go on, and waits until nothing is left to be done. */
  settle(driver: Driver): Promise<void> {
    return settleAll(this, driver, this.#clock, () => this.#isQuiet(), 60);
  }

  protected connectIn(worker: WorkerRecord | undefined): Client {
    const options = { timeout, limits: this.#limits };
    const where = worker === undefined ? this.cluster : this.#workers.get(worker);
    return (where as SimulatedCluster | SimulatedWorker).connect(options);
  }

  protected replaceServer(): Promise<void> {
    return this.cluster.restart();
  }

  #isQuiet(): boolean {
    const { behind, stale } = this.server.stats();
    const areOpen = this.clients.filter(isLiving).every(({ client }) => {
      const { state, pending } = (client as Client).stats();
      return state === 'open' && pending === 0;
    });
    return !this.isRestarting && areOpen && behind === 0 && stale === 0;
  }
}
