/**
 * What one process knows of a map: the entries, their versions, and how far it has come. Takes changes one by one, or the
 * contents part by part, and says what has become different. Knows no server and no link.
 */
import { isCount, isObject } from '../../../protocol/guards.js';
import type { MapChange, MapEntry } from '../api.js';

/** A change as it travels: to one key, which holds nothing any more where there is no value; or to all, where there is no key. */
interface Change {
  readonly version: number;
  readonly key?: string;
  readonly value?: unknown;
  readonly expired?: boolean;
}

type Entries = Map<string, MapEntry<unknown>>;

/** @returns whether `value` is a change. */
export function isChange(value: unknown): value is Change {
  if (!isObject(value) || !isCount(value['version'])) return false;
  return typeof value['key'] === 'string' || (!('key' in value) && !('value' in value));
}

export class Replica {
  #entries: Entries = new Map();
  #version = 0;
  /** The contents that are to take the place of these, while they come. */
  #next: { readonly entries: Entries; version: number; part: number } | undefined;

  get entries(): ReadonlyMap<string, MapEntry<unknown>> {
    return this.#entries;
  }

  get version(): number {
    return this.#version;
  }

  /** Whether contents have begun to come, and are not complete. */
  get isTaking(): boolean {
    return this.#next !== undefined;
  }

  /** The number of the part that comes next. */
  get part(): number {
    return this.#next?.part ?? 0;
  }

  /** Gives up the contents that come. */
  drop(): void {
    this.#next = undefined;
  }

  /**
   * Takes a change, where it is the one that follows; one that is here already does nothing.
   *
   * @returns what is different, or `undefined` where changes are missing before it.
   */
  take(change: Change): readonly MapChange<unknown>[] | undefined {
    const next = this.#next;
    if (next === undefined) {
      if (change.version <= this.#version) return [];
      if (change.version > this.#version + 1) return undefined;
      this.#version = change.version;
      return apply(change, this.#entries);
    }
    if (change.version > next.version + 1) return undefined;
    if (change.version === next.version + 1) {
      apply(change, next.entries);
      next.version = change.version;
    }
    return [];
  }

  /**
   * Takes a part of the contents, as they are at `version`.
   *
   * @returns whether it was the one that follows, with nothing missing before it.
   */
  takePart(part: number, version: number, entries: readonly (readonly [string, number, unknown])[]): boolean {
    if (part === 0) this.#next = { entries: new Map(), version, part: 0 };
    const next = this.#next;
    if (next === undefined || next.part !== part || next.version !== version) return false;
    for (const [key, of, value] of entries) next.entries.set(key, { value, version: of });
    next.part += 1;
    return true;
  }

  /**
   * There is no further part.
   *
   * @param isOfThisRun whether the versions of both can be compared.
   * @returns what is different, found as it is asked for: to be read before anything else is taken, or not at all.
   */
  complete(isOfThisRun: boolean): Iterable<MapChange<unknown>> {
    const next = this.#next;
    if (next === undefined) return [];
    this.#next = undefined;
    const before = this.#entries;
    const { entries, version } = next;
    this.#entries = entries;
    this.#version = version;
    return differences(before, entries, version, isOfThisRun);
  }
}

function* differences(
  before: Entries,
  entries: Entries,
  version: number,
  isOfThisRun: boolean,
): Iterable<MapChange<unknown>> {
  for (const [key, { value: previous }] of before) {
    if (!entries.has(key)) yield { key, value: undefined, previous, version, isExpired: false };
  }
  for (const [key, { value, version: of }] of entries) {
    const old = before.get(key);
    if (old !== undefined && (isOfThisRun ? old.version === of : isSame(old.value, value))) continue;
    yield { key, value, previous: old?.value, version, isExpired: false };
  }
}

function apply(change: Change, entries: Entries): readonly MapChange<unknown>[] {
  const { version, key, value, expired: isExpired = false } = change;
  if (key === undefined) {
    const changes = [...entries].map(([each, { value: previous }]) => {
      return { key: each, value: undefined, previous, version, isExpired };
    });
    entries.clear();
    return changes;
  }
  const previous = entries.get(key)?.value;
  if ('value' in change) entries.set(key, { value, version });
  else entries.delete(key);
  return [{ key, value, previous, version, isExpired }];
}

function isSame(one: unknown, other: unknown): boolean {
  try {
    return JSON.stringify(one) === JSON.stringify(other);
  } catch {
    // Too deep to be spelled again.
    return false;
  }
}
