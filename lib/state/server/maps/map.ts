/**
 * One map as the server holds it: the authority on what it contains, in one order of versions. Knows no client, no clock
 * and no right.
 */
import { Fifo } from '../../../protocol/fifo.js';
import type { Limits, TurnedAway } from '../../../protocol/limits.js';
import type { EncodedValue } from '../../../protocol/value.js';
import { mapEvent } from '../../names.js';
import { full } from '../bounds.js';

/** What a key holds. Immutable: a write makes another one. */
export interface Entry {
  readonly value: EncodedValue;
  /** Of the map, by the change that made it. */
  readonly version: number;
  /** By the clock of `performance.now()`, if ever. */
  readonly expiresAt: number | undefined;
}

export interface MapHost {
  readonly limits: Limits;
  turnedAway(limit: TurnedAway): void;
  /** Told each change, as it is told to the replicas, and what it is to: a key, or all of them where there is none. */
  changed(map: AuthorityMap, change: EncodedValue, key: string | undefined): void;
}

export class AuthorityMap {
  readonly name: string;
  /** Of its changes. */
  readonly event: string;
  readonly #host: MapHost;
  readonly #entries = new Map<string, Entry>();
  /** The last changes, bounded by `mapLogLength`. */
  readonly #log = new Fifo<EncodedValue>();
  #logLength = 0;
  #version: number;
  #length = 0;

  /** @param version from which its versions go on: none of an earlier map of this name may come again. */
  constructor(name: string, version: number, host: MapHost) {
    this.name = name;
    this.event = mapEvent(name);
    this.#version = version;
    this.#host = host;
  }

  /** Of the last change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The characters of its keys and values. */
  get length(): number {
    return this.#length;
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** Every entry. What changes meanwhile may be in it or not; what was there and stays is. */
  entries(): IterableIterator<[string, Entry]> {
    return this.#entries.entries();
  }

  /** @throws PubSubError `ERR_PUBSUB_LIMIT`, and nothing has changed. */
  set(key: string, value: EncodedValue, expiresAt: number | undefined): void {
    const old = this.#entries.get(key);
    const length = this.#length + value.length + (old === undefined ? key.length : -old.value.length);
    const { mapEntries, mapLength } = this.#host.limits;
    if (old === undefined && this.#entries.size >= mapEntries)
      throw full(this.#host, 'mapEntries', 'the map', 'entries');
    if (length > mapLength && length > this.#length)
      throw full(this.#host, 'mapLength', 'the map', 'characters');
    this.#length = length;
    const version = this.#version + 1;
    this.#entries.set(key, { value, version, expiresAt });
    this.#changed(`{"version":${version},"key":${JSON.stringify(key)},"value":${value}}`, key);
  }

  /** @returns whether there was anything. */
  delete(key: string): boolean {
    return this.#remove(key, '');
  }

  /** As `delete`, where its time is over. */
  expire(key: string): void {
    this.#remove(key, ',"expired":true');
  }

  clear(): void {
    if (this.#entries.size === 0) return;
    this.#entries.clear();
    this.#length = 0;
    this.#changed(`{"version":${this.#version + 1}}`, undefined);
  }

  /** Puts an entry back as it was, before anybody knows the map. */
  restore(key: string, entry: Entry): void {
    this.#entries.set(key, entry);
    this.#length += key.length + entry.value.length;
  }

  /** The changes since `version`, as the text of a JSON array, or `undefined` where they are not all known any more. */
  changesSince(version: number): EncodedValue | undefined {
    const first = this.#log.length - (this.#version - version);
    if (first < 0 || first > this.#log.length) return undefined;
    const changes: EncodedValue[] = [];
    for (let position = first; position < this.#log.length; position++) changes.push(this.#log.at(position));
    return `[${changes.join(',')}]`;
  }

  #remove(key: string, marks: string): boolean {
    const old = this.#entries.get(key);
    if (old === undefined) return false;
    this.#entries.delete(key);
    this.#length -= key.length + old.value.length;
    this.#changed(`{"version":${this.#version + 1},"key":${JSON.stringify(key)}${marks}}`, key);
    return true;
  }

  #changed(change: EncodedValue, key: string | undefined): void {
    this.#version += 1;
    this.#log.push(change);
    this.#logLength += change.length;
    while (this.#logLength > this.#host.limits.mapLogLength) {
      this.#logLength -= this.#log.shift().length;
    }
    this.#host.changed(this, change, key);
  }
}
