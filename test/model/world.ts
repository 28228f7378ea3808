/** What a run plays in: a cluster, simulated or of processes, what may be done to it, and a record of all that was. */
import { MemoryAdapter, type Client, type Server } from 'clustercast';
import {
  publish,
  subscribe,
  type ClientRecord,
  type PublishRecord,
  type SubscriptionRecord,
  type WorkerRecord,
} from './records.js';
import type { Taps } from './taps.js';

export const events = ['a', 'b', 'c'] as const;
export type EventName = (typeof events)[number];

/** Of each request, unless it has its own: longer than any run, so that what is restored is. */
export const timeout = 1_000_000;

export abstract class World {
  readonly taps: Taps;
  readonly overflow: 'gap' | 'disconnect';
  readonly workers: WorkerRecord[] = [];
  readonly clients: ClientRecord[] = [];
  readonly subscriptions: SubscriptionRecord[] = [];
  readonly publishes: PublishRecord[] = [];
  /** What a client of each server has received, which subscribed to everything before all others. */
  readonly observed = new Map<string, number[]>();
  readonly #unsubscribe = new Map<SubscriptionRecord, () => Promise<void>>();
  #restarting: Promise<void> | undefined;
  #lastKey = 0;

  constructor(taps: Taps, overflow: 'gap' | 'disconnect') {
    this.taps = taps;
    this.overflow = overflow;
    taps.clear();
  }

  abstract get server(): Server;
  abstract fork(): void;
  /** Lets time pass, or waits for it. */
  abstract wait(time: number): Promise<void>;
  /** What lies between two commands. */
  abstract pace(): Promise<void>;
  protected abstract connectIn(worker: WorkerRecord | undefined): Client | undefined;
  protected abstract replaceServer(): Promise<void>;

  get isRestarting(): boolean {
    return this.#restarting !== undefined;
  }

  /** In force, as far as is known, and not ended from this side. */
  get held(): SubscriptionRecord[] {
    return this.subscriptions.filter(({ subscribed, isUnsubscribed }) => {
      const isRefused =
        subscribed !== undefined && (subscribed.outcome === undefined || 'code' in subscribed.outcome);
      return !isUnsubscribed && !isRefused;
    });
  }

  connect(worker: WorkerRecord | undefined): ClientRecord {
    const record: ClientRecord = { client: this.connectIn(worker), worker, isClosing: false };
    this.clients.push(record);
    return record;
  }

  subscribe(of: ClientRecord, event: EventName): void {
    const record: SubscriptionRecord = { of, subscribed: undefined, isUnsubscribed: false };
    this.subscriptions.push(record);
    if (of.client === undefined) {
      this.subscribeThere(record, event);
      return;
    }
    const { client } = of;
    const [subscribed, unsubscribe] = subscribe(client, event, () => this.taps.epochOf(client));
    record.subscribed = subscribed;
    this.#unsubscribe.set(record, unsubscribe);
  }

  unsubscribe(record: SubscriptionRecord): void {
    record.isUnsubscribed = true;
    const unsubscribe = this.#unsubscribe.get(record);
    if (unsubscribe === undefined) this.unsubscribeThere(record);
    else void unsubscribe();
  }

  publish(of: ClientRecord, event: EventName, count: number, time: number | undefined): void {
    const records = Array.from({ length: count }, (): PublishRecord => {
      return { of, key: ++this.#lastKey, outcome: undefined };
    });
    this.publishes.push(...records);
    const { client } = of;
    if (client === undefined) {
      this.publishThere(of, event, records, time);
      return;
    }
    for (const record of records)
      publish(client, event, record.key, time, (outcome) => (record.outcome = outcome));
  }

  close(record: ClientRecord): void {
    record.isClosing = true;
    if (record.client === undefined) this.closeThere(record);
    else void record.client.close();
  }

  restart(): void {
    this.#restarting = this.replaceServer().finally(() => (this.#restarting = undefined));
  }

  goOn(record: WorkerRecord): void {
    record.worker.continue();
    if (record.state === 'stopped') record.state = 'running';
  }

  /** Before `server` starts: what it does is compared with a reference, and with what a client of it receives. */
  protected prepare(server: Server): void {
    this.taps.begin(server.epoch);
    const memory = new MemoryAdapter();
    server.addAdapter(memory);
    const observer = memory.connect({ timeout });
    const observed: number[] = [];
    this.observed.set(server.epoch, observed);
    for (const event of events) {
      void observer.subscribe(event, (key) => observed.push(key as number)).catch(() => undefined);
    }
  }

  // For clients in other processes.

  protected subscribeThere(_record: SubscriptionRecord, _event: EventName): void {
    throw new Error('no client is in another process');
  }

  protected unsubscribeThere(_record: SubscriptionRecord): void {
    throw new Error('no client is in another process');
  }

  protected publishThere(
    _of: ClientRecord,
    _event: EventName,
    _records: readonly PublishRecord[],
    _time: number | undefined,
  ): void {
    throw new Error('no client is in another process');
  }

  protected closeThere(_record: ClientRecord): void {
    throw new Error('no client is in another process');
  }
}
