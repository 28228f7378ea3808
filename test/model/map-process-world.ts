/** A cluster of real processes with maps: this one is its primary. */
import { IpcAdapter, MemoryAdapter, Server } from 'clustercast';
import { endOfTurn } from '../support/turn.js';
import { until, within } from '../support/until.js';
import { endWorkers, forkWorker, type Forked } from '../support/workers.js';
import type { MapTaps } from './map-reference.js';
import { MapSite, type SiteReport } from './map-site.js';
import { MapWorld, type MapSizes } from './map-world.js';
import { recordOf } from './process-record.js';
import type { WorkerRecord } from './records.js';
import { timeout } from './world.js';

export class ProcessMapWorld extends MapWorld {
  readonly server: Server;
  readonly #memory = new MemoryAdapter();
  readonly #site = new MapSite(
    () => this.#memory.connect({ timeout }),
    () => process.hrtime.bigint(),
    timeout,
  );
  readonly #processes = new Map<WorkerRecord, Forked>();

  constructor(sizes: MapSizes, taps: MapTaps) {
    super(taps);
    this.server = new Server([new IpcAdapter(), this.#memory], { limits: { ...sizes, closeTime: 150 } });
    taps.begin(this.server.epoch);
  }

  fork(): void {
    const forked = forkWorker('map-model-worker');
    const record = recordOf(forked);
    this.workers.push(record);
    this.#processes.set(record, forked);
  }

  async wait(time: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, time));
  }

  pace(): Promise<void> {
    return this.wait(3);
  }

  /** Lets everybody go on, and waits until nothing is left to be done. */
  async settle(): Promise<void> {
    for (const record of this.workers) this.goOn(record);
    await until(() => this.#isQuiet(), 'it comes to rest', 20_000);
    await endOfTurn();
  }

  async reports(): Promise<Map<WorkerRecord | undefined, SiteReport>> {
    const reports = new Map<WorkerRecord | undefined, SiteReport>([[undefined, this.#site.report()]]);
    for (const [record, forked] of this.#processes) {
      if (record.state === 'ended') continue;
      const text = (await this.#ask(forked, 'report')) as string;
      reports.set(record, JSON.parse(text, revive) as SiteReport);
    }
    return reports;
  }

  async end(): Promise<void> {
    await endWorkers();
    await this.server.close();
  }

  protected tell(worker: WorkerRecord | undefined, command: keyof MapSite, ...args: unknown[]): void {
    if (worker === undefined) {
      (this.#site as unknown as Record<string, (...args: unknown[]) => void>)[command]?.(...args);
      return;
    }
    const forked = this.#processes.get(worker) as Forked;
    const call = async (): Promise<void> => {
      await forked.ready;
      // Nobody would answer.
      if (worker.state !== 'ended') await forked.call('tell', command, ...args);
    };
    call().catch(() => undefined);
  }

  protected replaceServer(): Promise<void> {
    throw new Error('it goes on with its server');
  }

  async #ask(forked: Forked, command: string): Promise<unknown> {
    await within(forked.ready, 'a worker is ready', 30_000);
    return forked.call(command);
  }

  async #isQuiet(): Promise<boolean> {
    if (this.server.stats().behind > 0 || this.isExpiring || !this.#site.isQuiet) return false;
    for (const [{ state }, forked] of this.#processes) {
      if (state !== 'ended' && (await this.#ask(forked, 'isQuiet')) !== true) return false;
    }
    return true;
  }
}

function revive(_key: string, value: unknown): unknown {
  return typeof value === 'string' && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value;
}
