/**
 * The feature flags, all of them, in every replica. Owns how a replica comes by them; knows nothing of HTTP.
 */
import type { Client } from 'clustercast';
import type { Database, Row } from './database.js';
import type { Events, Flag } from './events.js';
import type { Note } from './reporter.js';

interface FlagValue {
  readonly on: boolean;
}

export class Flags {
  readonly #client: Client<Events>;
  readonly #database: Database;
  readonly #note: Note;
  readonly #flags = new Map<string, Flag>();

  constructor(client: Client<Events>, database: Database, note: Note) {
    this.#client = client;
    this.#database = database;
    this.#note = note;
  }

  /** From here on this replica has every flag as it is. */
  async join(): Promise<void> {
    // First hear, then read: what changes in between is heard, and the higher version stays.
    await this.#client.subscribe('flag::changed', (flag) => this.#apply(flag, false));
    await this.#readAll();
    // Something was missed: the database knows what.
    this.#client.on('gap', () => {
      this.#readAll().catch((error: unknown) => console.error('Flags may be stale:', error));
    });
  }

  get(name: string): Flag | undefined {
    return this.#flags.get(name);
  }

  all(): Flag[] {
    return [...this.#flags.values()];
  }

  /** @returns how many others were told, and of what version. */
  async write(name: string, on: boolean): Promise<{ told: number; version: number }> {
    const flag = toFlag(await this.#database.write<FlagValue>('flags', name, { on }));
    this.#apply(flag, true);
    const { listeners } = await this.#client.publish('flag::changed', flag);
    return { told: listeners, version: flag.version };
  }

  async #readAll(): Promise<void> {
    for (const row of await this.#database.readAll<FlagValue>('flags')) this.#keep(toFlag(row));
    this.#note();
  }

  #apply(flag: Flag, isOwn: boolean): void {
    this.#keep(flag);
    this.#note({ event: 'flag::changed', key: flag.name, version: flag.version, isOwn });
  }

  /** Two changes at once may be heard in another order than the database's; their versions tell. */
  #keep(flag: Flag): void {
    const known = this.#flags.get(flag.name);
    if (known === undefined || known.version < flag.version) this.#flags.set(flag.name, flag);
  }
}

function toFlag({ key, value, version }: Row<FlagValue>): Flag {
  return { name: key, on: value.on, version };
}
