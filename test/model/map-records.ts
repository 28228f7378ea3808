/** What a replica of a map was like all the time, and what became of each write; as the process sees it that they are in. */
import { PubSubError, type Client, type ReplicatedMap } from 'clustercast';
import { PubSubClient } from '#lib/client/client.js';
import { nameAt } from '#lib/protocol/columns.js';
import type { ClientMap } from '#lib/state/client/maps/map.js';
import { mapEvent } from '#lib/state/names.js';
import { wrap } from './taps.js';

/** What a replica was like at a moment. */
export interface Seen {
  readonly run: string;
  readonly version: number;
  /** The text of `contentsOf`. */
  readonly contents: string;
}

/** A moment at which a replica said that it was fresh, and one since which that has to be true. */
export interface Fresh {
  readonly since: bigint;
  readonly run: string;
  readonly version: number;
}

export interface ReplicaReport {
  readonly name: string;
  /** What it was like after each change, one after the other. */
  readonly history: readonly Seen[];
  readonly fresh: readonly Fresh[];
  /** What cannot be, in words. */
  readonly flaws: readonly string[];
  /** How it was when it was asked. */
  readonly now: Seen | undefined;
  readonly isStale: boolean;
  readonly isEnded: boolean;
  readonly counts: Readonly<Record<string, number>>;
}

export interface WriteOptions {
  /** In milliseconds. */
  readonly timeout: number;
  /** What lies between what an update reads and what it makes of that. */
  readonly pause: (token: number) => Promise<void>;
}

export type Write =
  | { readonly kind: 'set'; readonly key: string; readonly ttl?: number; readonly isIfSame: boolean }
  | { readonly kind: 'delete'; readonly key: string; readonly isIfSame: boolean }
  | { readonly kind: 'clear' | 'increment' | 'append' };

export interface WriteReport {
  /** Nothing else writes this value. */
  readonly token: number;
  readonly kind: Write['kind'];
  readonly map: string;
  readonly ttl: number | undefined;
  /** The run and the version that it was to take the place of. */
  readonly instead: readonly [run: string, version: number] | undefined;
  outcome: { readonly value: unknown } | { readonly code: string } | undefined;
}

/** The same text for the same contents, whatever the order in which they came. */
export function contentsOf(
  entries: Iterable<readonly [string, { value: unknown; version: number }]>,
): string {
  const spelled = [...entries].map(([key, { value, version }]) => [key, version, value] as const);
  return JSON.stringify(spelled.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

function seen(map: ReplicatedMap<unknown>): Seen {
  const run = String((map as unknown as ClientMap).position['run']);
  const entries = [...map.keys()].map(
    (key) => [key, map.entry(key) as { value: unknown; version: number }] as const,
  );
  return { run, version: map.version, contents: contentsOf(entries) };
}

const records = new WeakMap<object, ReplicaRecord[]>();

/** From now on every client of this process is watched while it is told something. */
export function watchClients(): void {
  wrap(PubSubClient.prototype, 'events', (client, events, columns) => {
    events();
    const values = columns.names.some((name) => name.startsWith(mapEvent('')))
      ? (JSON.parse(columns.values) as { version: number }[])
      : [];
    for (const [place, change] of values.entries()) {
      for (const record of records.get(client) ?? []) record.wasTold(nameAt(columns, place), change.version);
    }
  });
  wrap(PubSubClient.prototype, 'skipped', (client, skipped, missed) => {
    skipped();
    for (const record of records.get(client) ?? [])
      for (const name of missed.names) record.wasTold(name, Infinity);
  });
}

export class ReplicaRecord {
  readonly name: string;
  readonly client: Client;
  readonly history: Seen[] = [];
  readonly fresh: Fresh[] = [];
  readonly flaws: string[] = [];
  readonly counts: Record<string, number> = {};
  map: ReplicatedMap<unknown> | undefined;
  isEnded = false;
  readonly #now: () => bigint;
  /** The contents as the changes tell them. */
  readonly #mirror = new Map<string, unknown>();
  /** What it says to be fresh, it has to have had since then at the least. */
  #since: bigint;
  /** The last version that its client was told of on this link. */
  #told = 0;

  constructor(client: Client, name: string, now: () => bigint) {
    this.client = client;
    this.name = name;
    this.#now = now;
    this.#since = now();
    records.set(client, [...(records.get(client) ?? []), this]);
    for (const type of ['connect', 'recovered'] as const) {
      client.on(type, () => {
        this.#since = now();
        if (this.map !== undefined) this.#count(type);
      });
    }
    client.on('disconnect', () => (this.#told = 0));
    client.map<unknown>(name).then(
      (map) => this.#loaded(map),
      () => (this.isEnded = true),
    );
  }

  /** Puts down what it is like, and whether that can be. */
  look(): void {
    const { map, history } = this;
    if (map === undefined || this.isEnded) return;
    const next = seen(map);
    const last = history.at(-1);
    if (last?.version !== next.version || last.run !== next.run || last.contents !== next.contents)
      history.push(next);
    const { state, isStale } = this.client.stats();
    if ((state !== 'open' || isStale) && state !== 'closed' && state !== 'closing' && !map.isStale) {
      this.flaws.push(`fresh, and its client is ${isStale ? 'stale' : state}`);
    }
  }

  /** Its client was told a change of that version just now, or of changes that it will not get. */
  wasTold(event: string, version: number): void {
    const { map } = this;
    if (map === undefined || this.isEnded || event !== mapEvent(this.name)) return;
    if (version === Infinity) this.#count('gap');
    else this.#told = version;
    if (!map.isStale && map.version < version) this.flaws.push('fresh, and it lacks what it was told of');
  }

  report(): ReplicaReport {
    const { name, history, fresh, flaws, map, isEnded, counts } = this;
    const now = map === undefined ? undefined : seen(map);
    return { name, history, fresh, flaws, now, isStale: map?.isStale ?? true, isEnded, counts };
  }

  close(): void {
    void this.map?.close().catch(() => undefined);
  }

  #loaded(map: ReplicatedMap<unknown>): void {
    this.map = map;
    for (const [key, value] of map) this.#mirror.set(key, value);
    map.on('change', ({ key, value, previous, isExpired }) => {
      if (JSON.stringify(this.#mirror.get(key)) !== JSON.stringify(previous))
        this.flaws.push(`another previous of ${key}`);
      if (value === undefined) this.#mirror.delete(key);
      else this.#mirror.set(key, value);
      if (isExpired) this.#count('expired');
      this.look();
    });
    map.on('stale', () => {
      this.#since = this.#now();
      this.#count('stale');
      this.look();
    });
    map.on('fresh', () => this.#isFresh());
    map.on('close', () => (this.isEnded = true));
    if (!map.isStale) this.#isFresh();
  }

  #isFresh(): void {
    this.look();
    const map = this.map as ReplicatedMap<unknown>;
    const { run, version } = seen(map);
    this.fresh.push({ since: this.#since, run, version });
    this.#count('fresh');
    if (version < this.#told) this.flaws.push('it is fresh without what it was told before');
    const told = [...this.#mirror].filter(
      ([key, value]) => JSON.stringify(map.get(key)) !== JSON.stringify(value),
    );
    if (told.length > 0 || this.#mirror.size !== map.size) this.flaws.push('it did not tell all differences');
  }

  #count(kind: string): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}

async function appended(list: unknown, token: number, pause: WriteOptions['pause']): Promise<number[]> {
  await pause(token);
  return [...((list ?? []) as number[]), token];
}

/** Writes to a map, and puts down what becomes of that. */
export function write(
  record: ReplicaRecord,
  what: Write,
  token: number,
  { timeout, pause }: WriteOptions,
): WriteReport | undefined {
  const { map } = record;
  if (map === undefined || record.isEnded) return undefined;
  const { run } = seen(map);
  const ifVersion = 'isIfSame' in what && what.isIfSame ? (map.entry(what.key)?.version ?? 0) : undefined;
  const report: WriteReport = {
    token,
    kind: what.kind,
    map: record.name,
    ttl: what.kind === 'set' ? what.ttl : undefined,
    instead: ifVersion === undefined ? undefined : [run, ifVersion],
    outcome: undefined,
  };
  const settled = async (): Promise<unknown> => {
    switch (what.kind) {
      case 'set': {
        const version = await map.set(what.key, token, { ifVersion, ttl: what.ttl, timeout });
        const now = seen(map);
        // One that has ended stays as it is.
        if (!record.isEnded && now.run === run && now.version < version)
          record.flaws.push('a write is done, and not here');
        return version;
      }
      case 'delete':
        return map.delete(what.key, { ifVersion, timeout });
      case 'clear':
        return map.clear({ timeout });
      case 'increment':
        return (map as ReplicatedMap<number>).increment('sum', 1, { timeout });
      case 'append':
        return map.update('list', (list) => appended(list, token, pause), { timeout });
    }
  };
  settled().then(
    (value) => (report.outcome = { value }),
    (error: unknown) =>
      (report.outcome = { code: error instanceof PubSubError ? error.code : String(error) }),
  );
  return report;
}
