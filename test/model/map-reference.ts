/** What the maps of real servers went through, in the order in which they did: each change as it was made. */
import { Maps } from '#lib/state/server/maps/maps.js';
import { contentsOf } from './map-records.js';
import { wrap } from './taps.js';

export interface Change {
  readonly version: number;
  readonly key: string | undefined;
  /** `undefined` where the key holds nothing any more. */
  readonly value: unknown;
  readonly isExpired: boolean;
  /** Its place among all moments that are told apart. */
  readonly at: bigint;
  /** In milliseconds. */
  readonly time: number;
}

interface Spelled {
  readonly version: number;
  readonly key?: string;
  readonly value?: unknown;
  readonly expired?: boolean;
}

/** One map in one run of a server. */
export class MapLog {
  readonly changes: Change[] = [];
  readonly #states: { readonly version: number; readonly contents: string }[] = [
    { version: 0, contents: '[]' },
  ];
  readonly #entries = new Map<string, { value: unknown; version: number }>();

  add(change: Change): void {
    const { version, key, value } = change;
    this.changes.push(change);
    if (key === undefined) this.#entries.clear();
    else if (value === undefined) this.#entries.delete(key);
    else this.#entries.set(key, { value, version });
    this.#states.push({ version, contents: contentsOf(this.#entries) });
  }

  get version(): number {
    return this.#states.at(-1)?.version ?? 0;
  }

  get contents(): string {
    return this.#states.at(-1)?.contents ?? '';
  }

  get size(): number {
    return this.#entries.size;
  }

  contentsAt(version: number): string | undefined {
    return this.#states.findLast((state) => state.version <= version)?.contents;
  }

  /** Where the map was then. */
  versionAt(moment: bigint): number {
    return this.changes.findLast(({ at }) => at <= moment)?.version ?? 0;
  }
}

export class MapTaps {
  /** In the order in which they began. */
  readonly runs: string[] = [];
  readonly #logs = new Map<string, Map<string, MapLog>>();
  readonly #runOf = new WeakMap<Maps, string>();

  /** For all servers of this process from now on. */
  constructor(now: () => bigint) {
    wrap(Maps.prototype, 'changed', (maps, changed, { name }, text) => {
      const run = this.#runOf.get(maps) ?? this.runs.at(-1) ?? '';
      this.#runOf.set(maps, run);
      const { version, key, value, expired } = JSON.parse(text) as Spelled;
      const at = { at: now(), time: performance.now() };
      this.of(run, name).add({ version, key, value, isExpired: expired === true, ...at });
      changed();
    });
  }

  begin(run: string): void {
    this.runs.push(run);
    this.#logs.set(run, new Map());
  }

  clear(): void {
    this.runs.length = 0;
    this.#logs.clear();
  }

  of(run: string, map: string): MapLog {
    const logs = this.#logs.get(run);
    let log = logs?.get(map);
    if (log === undefined) {
      log = new MapLog();
      logs?.set(map, log);
    }
    return log;
  }
}
