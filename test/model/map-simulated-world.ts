/** A simulated cluster with maps, under a fake clock. */
import type { Client, Server } from 'clustercast';
import { SimulatedCluster, type Schedule, type SimulatedWorker } from 'clustercast/testing';
import type { FakeClock } from '../support/fake-clock.js';
import type { MapTaps } from './map-reference.js';
import { MapSite, type SiteReport } from './map-site.js';
import { MapWorld, type MapSizes } from './map-world.js';
import type { WorkerRecord } from './records.js';
import { settleAll, type Driver } from './simulation.js';
import { timeout } from './world.js';

export class SimulatedMapWorld extends MapWorld {
  readonly cluster: SimulatedCluster;
  readonly #clock: FakeClock;
  readonly #now: () => bigint;
  readonly #sites = new Map<WorkerRecord | undefined, MapSite>();

  constructor(sizes: MapSizes, taps: MapTaps, clock: FakeClock, now: () => bigint, schedule: Schedule) {
    super(taps);
    this.#clock = clock;
    this.#now = now;
    this.cluster = new SimulatedCluster({
      limits: { ...sizes, heartbeatTime: 100, staleTime: 200, closeTime: 150 },
      schedule,
      prepare: ({ epoch }) => taps.begin(epoch),
    });
    this.#newSite(undefined, () => this.cluster.connect({ timeout }));
  }

  get server(): Server {
    return this.cluster.server;
  }

  fork(): void {
    const worker: SimulatedWorker = this.cluster.fork();
    const limits = { heartbeatTime: 100, staleTime: 200 };
    const record: WorkerRecord = { worker, state: 'running' };
    this.workers.push(record);
    this.#newSite(record, () => worker.connect({ timeout, limits }));
  }

  wait(time: number): Promise<void> {
    this.#clock.pass(time);
    return Promise.resolve();
  }

  pace(): Promise<void> {
    // The scheduler has as much between them as it likes.
    return Promise.resolve();
  }

  reports(): Promise<Map<WorkerRecord | undefined, SiteReport>> {
    return Promise.resolve(new Map([...this.#sites].map(([worker, site]) => [worker, site.report()])));
  }

  /** Lets everybody go on, and waits until nothing is left to be done. */
  settle(driver: Driver): Promise<void> {
    return settleAll(this, driver, this.#clock, () => this.#isQuiet(), 100);
  }

  protected tell(worker: WorkerRecord | undefined, command: keyof MapSite, ...args: unknown[]): void {
    const site = this.#sites.get(worker) as unknown as Record<string, (...args: unknown[]) => void>;
    site[command]?.(...args);
  }

  protected replaceServer(): Promise<void> {
    return this.cluster.restart();
  }

  #newSite(worker: WorkerRecord | undefined, connect: () => Client): void {
    this.#sites.set(worker, new MapSite(connect, this.#now, timeout));
  }

  #isQuiet(): boolean {
    const { behind, stale } = this.server.stats();
    const sites = [...this.#sites].filter(([worker]) => worker?.state !== 'ended');
    return (
      !this.isRestarting &&
      !this.isExpiring &&
      behind === 0 &&
      stale === 0 &&
      sites.every(([, site]) => site.isQuiet)
    );
  }
}
