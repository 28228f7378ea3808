/** Clients of one process, and what they do with maps when they are told to: at once, and without waiting for anything. */
import type { Client } from 'clustercast';
import {
  ReplicaRecord,
  write,
  type ReplicaReport,
  type Write,
  type WriteOptions,
  type WriteReport,
} from './map-records.js';

export interface ClientReport {
  readonly isClosed: boolean;
  readonly replicas: readonly ReplicaReport[];
}

export interface SiteReport {
  readonly clients: readonly ClientReport[];
  readonly writes: readonly WriteReport[];
}

export class MapSite {
  readonly #now: () => bigint;
  readonly #options: WriteOptions;
  readonly #connect: () => Client;
  readonly #clients: { readonly client: Client; readonly replicas: ReplicaRecord[] }[] = [];
  readonly #writes: WriteReport[] = [];
  /** Updates that have read, and not made anything of it. */
  #pausing = 0;

  /** @param timeout of each write, in milliseconds. */
  constructor(connect: () => Client, now: () => bigint, timeout: number) {
    this.#connect = connect;
    this.#now = now;
    this.#options = { timeout, pause: (token) => this.#pause(token) };
  }

  connect(): void {
    this.#clients.push({ client: this.#connect(), replicas: [] });
  }

  join(n: number, name: string): void {
    const { client, replicas } = this.#clients[n] ?? {};
    // One that was asked for again would be the same.
    if (client === undefined || replicas?.some((record) => record.name === name && !record.isEnded) === true)
      return;
    replicas?.push(new ReplicaRecord(client, name, this.#now));
  }

  leave(n: number, name: string): void {
    this.#replica(n, name)?.close();
  }

  look(n: number): void {
    for (const record of this.#clients[n]?.replicas ?? []) record.look();
  }

  write(n: number, name: string, what: Write, token: number): void {
    const record = this.#replica(n, name);
    const report = record && write(record, what, token, this.#options);
    if (report !== undefined) this.#writes.push(report);
  }

  close(n: number): void {
    void this.#clients[n]?.client.close();
  }

  /** Whether nothing is on its way, and nobody tries anything. */
  get isQuiet(): boolean {
    if (this.#pausing > 0) return false;
    return this.#clients.every(({ client, replicas }) => {
      const { state, pending } = client.stats();
      if (state === 'closed') return true;
      const areFresh = replicas.every(({ map, isEnded }) => isEnded || map?.isStale === false);
      return state === 'open' && pending === 0 && areFresh;
    });
  }

  report(): SiteReport {
    const clients = this.#clients.map(({ client, replicas }): ClientReport => {
      return {
        isClosed: client.stats().state === 'closed',
        replicas: replicas.map((record) => record.report()),
      };
    });
    return { clients, writes: this.#writes };
  }

  /** Some updates take so long that the server may be another one by then. */
  async #pause(token: number): Promise<void> {
    if (token % 4 > 0) return;
    this.#pausing += 1;
    await new Promise((resolve) => setTimeout(resolve, 120));
    this.#pausing -= 1;
  }

  #replica(n: number, name: string): ReplicaRecord | undefined {
    return this.#clients[n]?.replicas.findLast((record) => record.name === name);
  }
}
