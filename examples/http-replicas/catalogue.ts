/**
 * The products, of which this replica keeps those that it has read: a cache, which all replicas drop a product from
 * when it changes. Knows nothing of HTTP.
 */
import type { Cache } from 'clustercast';
import type { Database } from './database.js';
import type { Note } from './reporter.js';
import type { Product, StateClient } from './state.js';

/** How many a replica keeps. */
const max = 1_000;

export class Catalogue {
  readonly #client: StateClient;
  readonly #database: Database;
  readonly #note: Note;
  readonly #cache: Cache<Product | undefined>;
  /** Of products that were read; some of them may be kept no more. */
  readonly #read = new Set<string>();

  constructor(client: StateClient, database: Database, note: Note) {
    this.#client = client;
    this.#database = database;
    this.#note = note;
    const load = async (id: string): Promise<Product | undefined> =>
      (await database.read<Product>(id))?.value;
    this.#cache = client.cache('products', { load, max });
    for (const type of ['invalidate', 'stale', 'fresh'] as const) this.#cache.on(type, () => note());
  }

  /** Whether it keeps nothing, since it would not hear of changes. */
  get isStale(): boolean {
    return this.#cache.isStale;
  }

  get cached(): ({ id: string } & Product)[] {
    const kept = [];
    for (const id of this.#read) {
      const product = this.#cache.peek(id);
      if (product === undefined) this.#read.delete(id);
      else kept.push({ id, ...product });
    }
    return kept;
  }

  /** From here on this replica keeps what it reads, and tells of every change. */
  async join(): Promise<void> {
    await this.#cache.ready;
    await this.#client.subscribe('product::changed', ({ id, version }) =>
      this.#note({ what: 'product', key: id, version, isOwn: false }),
    );
  }

  async read(id: string): Promise<{ product: Product | undefined; isHit: boolean }> {
    const isHit = this.#cache.peek(id) !== undefined;
    const product = await this.#cache.get(id);
    if (!isHit && product !== undefined) {
      this.#read.add(id);
      this.#note();
    }
    return { product, isHit };
  }

  /** Resolves when no replica keeps what was there before. @returns of what version the product is now. */
  async write(id: string, product: Product): Promise<number> {
    const { version } = await this.#database.write(id, product);
    await this.#cache.invalidate(id);
    // For whoever watches; that the others have dropped it does not depend on it.
    await this.#client.publish('product::changed', { id, version });
    this.#note({ what: 'product', key: id, version, isOwn: true });
    return version;
  }
}
