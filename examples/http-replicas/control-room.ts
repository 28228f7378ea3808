/**
 * The primary's part in the live page: tells which replicas there are and how the last ones ended, kills one,
 * and lets visitors come, when the page says so.
 */
import type { Worker } from 'node:cluster';
import { checkFlag } from './checks.js';
import { obey } from './commands.js';
import type { PrimaryStatus, ReplicaRecord } from './events.js';
import { HttpError } from './http.js';
import type { StateClient } from './state.js';
import type { Visitors } from './visitors.js';

/** How long a replica that has ended is still told of, in milliseconds. */
const memory = 20_000;

export class ControlRoom {
  readonly #client: StateClient;
  readonly #visitors: Visitors;
  readonly #replicas = new Map<Worker, ReplicaRecord>();
  #isOpen = false;

  constructor(client: StateClient, visitors: Visitors) {
    this.#client = client;
    this.#visitors = visitors;
  }

  async open(): Promise<void> {
    this.#isOpen = true;
    this.#client.on('error', (error) => console.error('The control room:', error));
    await this.#client.subscribe('page::hello', () => this.#tell());
    await obey(this.#client, 'page::kill', everything, ({ replica }) => this.#kill(replica));
    await obey(this.#client, 'page::set-visitors', everything, (claim) => {
      this.#visitors.set(checkFlag(claim));
      this.#tell();
    });
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    await this.#client.close();
  }

  /** It serves. */
  joined(worker: Worker, place: number): void {
    this.#replicas.set(worker, { replica: worker.id, pid: worker.process.pid ?? 0, place, ended: null });
    this.#tell();
  }

  /** @param how such as `SIGKILL`. */
  ended(worker: Worker, how: string): void {
    const record = this.#replicas.get(worker);
    if (record === undefined) return;
    this.#replicas.set(worker, { ...record, ended: { how, at: Date.now() } });
    this.#tell();
    setTimeout(() => {
      this.#replicas.delete(worker);
      this.#tell();
    }, memory).unref();
  }

  #kill(replica: unknown): void {
    const found = [...this.#replicas].find(([, { replica: id, ended }]) => id === replica && ended === null);
    if (found === undefined) throw new HttpError(404, 'there is no such replica');
    found[0].process.kill('SIGKILL'); // no handler runs, nothing is tidied up
  }

  #tell(): void {
    if (!this.#isOpen) return;
    const status: PrimaryStatus = {
      replicas: [...this.#replicas.values()],
      visitors: this.#visitors.areComing,
    };
    // Fails only while all of it ends.
    this.#client.publish('primary::status', status).catch(() => undefined);
  }
}

const everything = (): boolean => true;
