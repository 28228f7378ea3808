/**
 * The feature flags, all of them, in every replica: a replicated map, which the primary has the authority over. Knows
 * nothing of HTTP.
 */
import type { ReplicatedMap } from 'clustercast';
import type { Flag } from './events.js';
import type { Note } from './reporter.js';
import type { StateClient } from './state.js';

/** Those that there are from the start. */
const firstFlags = { 'new-checkout': false };

/** In the primary, before the first replica. */
export async function seedFlags(client: StateClient): Promise<void> {
  const map = await client.map('flags');
  for (const [name, on] of Object.entries(firstFlags)) await map.set(name, on);
  await map.close(); // what it has set stays, for those who ask
}

export class Flags {
  readonly #map: ReplicatedMap<boolean>;
  readonly #note: Note;

  private constructor(map: ReplicatedMap<boolean>, note: Note) {
    this.#map = map;
    this.#note = note;
  }

  /** Resolves with every flag in place. */
  static async join(client: StateClient, note: Note): Promise<Flags> {
    const map = await client.map('flags');
    map.on('change', ({ key, version }) => note({ what: 'flag', key, version, isOwn: false }));
    map.on('stale', note).on('fresh', note);
    return new Flags(map, note);
  }

  /** Whether there may be changes that it lacks. */
  get isStale(): boolean {
    return this.#map.isStale;
  }

  get(name: string): boolean | undefined {
    return this.#map.get(name);
  }

  all(): Flag[] {
    return Array.from(this.#map, ([name, on]) => ({
      name,
      on,
      version: this.#map.entry(name)?.version ?? 0,
    }));
  }

  /** @returns of what version the flag is now. */
  async write(name: string, on: boolean): Promise<number> {
    const version = await this.#map.set(name, on);
    // Unless somebody else was faster, it is this replica's change that is here now.
    if (this.#map.entry(name)?.version === version)
      this.#note({ what: 'flag', key: name, version, isOwn: true });
    return version;
  }
}
