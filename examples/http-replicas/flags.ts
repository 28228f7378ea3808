/**
 * The feature flags, all of them, in every replica. Owns how a replica comes by them; knows nothing of HTTP.
 */
import type { Client } from 'clustercast';
import type { Database, Row } from './database.js';
import type { Events, Flag } from './events.js';

interface FlagValue {
  readonly on: boolean;
}

export class Flags {
  readonly #client: Client<Events>;
  readonly #database: Database;
  readonly #flags = new Map<string, Flag>();

  constructor(client: Client<Events>, database: Database) {
    this.#client = client;
    this.#database = database;
  }

  /** From here on this replica has every flag as it is. */
  async join(): Promise<void> {
    // First hear, then read: what changes in between is heard, and the higher version stays.
    await this.#client.subscribe('flag::changed', (flag) => this.#apply(flag));
    await this.#readAll();
    // Something was missed: the database knows what.
    this.#client.on('gap', () => {
      this.#readAll().catch((error: unknown) => console.error('Flags may be stale:', error));
    });
  }

  get(name: string): Flag | undefined {
    return this.#flags.get(name);
  }

  all(): Record<string, boolean> {
    return Object.fromEntries([...this.#flags.values()].map(({ name, on }) => [name, on]));
  }

  /** @returns how many others were told. */
  async write(name: string, on: boolean): Promise<number> {
    const flag = toFlag(await this.#database.write<FlagValue>('flags', name, { on }));
    this.#apply(flag);
    const { listeners } = await this.#client.publish('flag::changed', flag);
    return listeners;
  }

  async #readAll(): Promise<void> {
    for (const row of await this.#database.readAll<FlagValue>('flags')) this.#apply(toFlag(row));
  }

  /** Two changes at once may be heard in another order than the database's; their versions tell. */
  #apply(flag: Flag): void {
    const known = this.#flags.get(flag.name);
    if (known === undefined || known.version < flag.version) this.#flags.set(flag.name, flag);
  }
}

function toFlag({ key, value, version }: Row<FlagValue>): Flag {
  return { name: key, on: value.on, version };
}
