/**
 * Tells the live page what a replica is and holds: about once a second, and as soon as something changes.
 */
import type { Change, ReplicaStatus } from './events.js';
import type { StateClient } from './state.js';

/** In milliseconds. */
const interval = 1_000;
/** Of how many flags and products the last change is told. */
const remembered = 20;

/** Takes note that something is not as it was, and of the change that it was, if it was one. */
export type Note = (change?: Change) => void;

/** What the reporter has to be told; the rest it knows. */
export type Holdings = Pick<ReplicaStatus, 'requests' | 'isStale' | 'flags' | 'cached'>;

export class Reporter {
  readonly #replica: number;
  readonly #client: StateClient;
  /** By what it is and its key, the latest one last. */
  readonly #changes = new Map<string, Change>();
  #lastChange: ReplicaStatus['lastChange'] = null;
  #read: (() => Holdings) | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #isDue = false;

  constructor(replica: number, client: StateClient) {
    this.#replica = replica;
    this.#client = client;
  }

  readonly note: Note = (change) => {
    if (change !== undefined) this.#remember(change);
    this.#tellSoon();
  };

  /** From here on it tells what `read` returns. */
  async start(read: () => Holdings): Promise<void> {
    this.#read = read;
    await this.#client.subscribe('page::hello', () => this.#tellSoon());
    this.#timer = setInterval(() => this.#tellSoon(), interval);
    this.#tellSoon();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#read = undefined;
  }

  #remember(change: Change): void {
    const name = `${change.what} ${change.key}`;
    // What is heard late may be the earlier one.
    const version = Math.max(change.version, this.#changes.get(name)?.version ?? 0);
    this.#changes.delete(name); // to become the last
    this.#changes.set(name, { ...change, version });
    const [oldest] = this.#changes.keys();
    if (this.#changes.size > remembered && oldest !== undefined) this.#changes.delete(oldest);
    this.#lastChange = { ...change, at: Date.now() };
  }

  /** All that changes in one turn of the event loop is told at once. */
  #tellSoon(): void {
    if (this.#isDue || this.#read === undefined) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      // If it does not get there, the next one will, in a second.
      if (this.#read !== undefined) this.#tell(this.#read()).catch(() => undefined);
    });
  }

  async #tell(holdings: Holdings): Promise<void> {
    await this.#client.publish('replica::status', {
      replica: this.#replica,
      pid: process.pid,
      uptime: Math.round(process.uptime() * 1_000),
      events: this.#client.stats().received,
      changes: [...this.#changes.values()],
      lastChange: this.#lastChange,
      ...holdings,
    });
  }
}
