/**
 * The products that this replica has read, until it hears that they have changed. Owns when a product may be
 * kept; knows nothing of HTTP.
 */
import type { Database } from './database.js';
import type { Note } from './reporter.js';
import type { StateClient } from './state.js';

export interface Product {
  readonly name: string;
  readonly price: number;
}

export class Catalogue {
  readonly #client: StateClient;
  readonly #database: Database;
  readonly #note: Note;
  readonly #cached = new Map<string, Product>();
  /** The loads in flight; whoever asks meanwhile waits for the same one. */
  readonly #loads = new Map<string, Promise<Product | undefined>>();

  constructor(client: StateClient, database: Database, note: Note) {
    this.#client = client;
    this.#database = database;
    this.#note = note;
  }

  get cached(): ({ id: string } & Product)[] {
    return [...this.#cached].map(([id, product]) => ({ id, ...product }));
  }

  /** From here on this replica hears of every change. */
  async join(): Promise<void> {
    // Something was missed, and it cannot be known what: nothing that is held can be trusted.
    this.#client.on('gap', () => this.#dropAll());
    await this.#client.subscribe('product::changed', ({ id, version }) => this.#change(id, version, false));
  }

  async read(id: string): Promise<{ product: Product | undefined; isHit: boolean }> {
    const cached = this.#cached.get(id);
    if (cached !== undefined) return { product: cached, isHit: true };
    return { product: await (this.#loads.get(id) ?? this.#load(id)), isHit: false };
  }

  /** @returns how many others were told, and of what version. */
  async write(id: string, product: Product): Promise<{ told: number; version: number }> {
    const { version } = await this.#database.write(id, product);
    // Dropped here too, and not replaced: of two who write at once, only the database knows who was last.
    this.#change(id, version, true);
    const { listeners } = await this.#client.publish('product::changed', { id, version });
    return { told: listeners, version };
  }

  #load(id: string): Promise<Product | undefined> {
    const load: Promise<Product | undefined> = this.#database
      .read<Product>(id)
      .then((row) => {
        // Dropped while it was loaded: what has come may be from before the change. It answers those who
        // asked before, and is not kept.
        const isCurrent = this.#loads.get(id) === load;
        if (isCurrent && row !== undefined) this.#keep(id, row.value);
        return row?.value;
      })
      .finally(() => {
        if (this.#loads.get(id) === load) this.#loads.delete(id);
      });
    this.#loads.set(id, load);
    return load;
  }

  #keep(id: string, product: Product): void {
    this.#cached.set(id, product);
    this.#note();
  }

  #change(id: string, version: number, isOwn: boolean): void {
    this.#cached.delete(id);
    this.#loads.delete(id);
    this.#note({ what: 'product', key: id, version, isOwn });
  }

  #dropAll(): void {
    this.#cached.clear();
    this.#loads.clear();
    this.#note();
  }
}
