/** A map of a client, as its users call it: reads from its replica, and writes through the server. */
import type { RequestOptions } from '../../../client/api.js';
import { Emitter } from '../../../client/emitter.js';
import { checkTimeout } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';
import { isCount, isObject } from '../../../protocol/guards.js';
import type { Params, Result } from '../../../protocol/messages.js';
import { decodeValue, encodeValue } from '../../../protocol/value.js';
import { methods } from '../../names.js';
import {
  ConflictError,
  type IncrementOptions,
  type MapEntry,
  type MapEvents,
  type ReplicatedMap,
  type SetOptions,
  type UpdateOptions,
  type WriteOptions,
} from '../api.js';
import { inTime, waitUntil } from '../waiting.js';
import { Sync, type SyncHost } from './sync.js';

/** What a map needs of its client. */
export interface MapHost extends Pick<SyncHost, 'isStale' | 'read' | 'failed'> {
  readonly valueLength: number;
  readonly timeout: number;
  /** Calls a method of the server, with so many characters of values. */
  call(method: string, params: Params, length: number, options: RequestOptions): Promise<Result>;
  /** Ends the map's subscription. */
  leave(): Promise<void>;
}

export class ClientMap implements ReplicatedMap<unknown> {
  readonly name: string;
  readonly #host: MapHost;
  readonly #sync: Sync;
  readonly #emitter = new Emitter<MapEvents<unknown>>((error) => this.#host.failed(error));

  constructor(name: string, host: MapHost) {
    this.name = name;
    this.#host = host;
    this.#sync = new Sync({
      isStale: () => host.isStale(),
      read: (params, take, failed) => host.read(params, take, failed),
      failed: (error) => host.failed(error),
      changed: (change) => this.#emitter.emit('change', change),
      raise: (type) => this.#emitter.emit(type),
    });
  }

  /** Resolves when its contents are in place; rejects where it ends before. */
  get loaded(): Promise<void> {
    return this.#sync.loaded;
  }

  /** Whether its contents have been in place. */
  get isLoaded(): boolean {
    return this.#sync.state !== 'loading';
  }

  get size(): number {
    return this.#sync.entries.size;
  }

  get version(): number {
    return this.#sync.version;
  }

  get isStale(): boolean {
    return this.#sync.state !== 'fresh';
  }

  get(key: string): unknown {
    return this.#sync.entries.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#sync.entries.has(key);
  }

  entry(key: string): MapEntry<unknown> | undefined {
    return this.#sync.entries.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#sync.entries.keys();
  }

  *values(): IterableIterator<unknown> {
    for (const { value } of this.#sync.entries.values()) yield value;
  }

  *entries(): IterableIterator<[string, unknown]> {
    for (const [key, { value }] of this.#sync.entries) yield [key, value];
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  async set(key: string, value: unknown, options: SetOptions = {}): Promise<number> {
    const result = await this.#set(key, value, this.#sync.run, options);
    throwConflict(result);
    return Number(result['version']);
  }

  async delete(key: string, options: WriteOptions = {}): Promise<boolean> {
    const result = await this.#delete(key, this.#sync.run, options);
    throwConflict(result);
    return result['existed'] === true;
  }

  async clear(options: RequestOptions = {}): Promise<void> {
    await this.#write(methods.clearMap, {}, 0, options);
  }

  async update<Next>(
    key: string,
    change: (value: unknown) => Next | Promise<Next>,
    { ttl, signal, timeout = this.#host.timeout }: UpdateOptions = {},
  ): Promise<Next> {
    const deadline = performance.now() + checkTimeout(timeout);
    let before = this.entry(key);
    // A version says nothing in another run than the one that it was read in.
    let run = this.#sync.run;
    for (;;) {
      const changed = change(before?.value);
      const next =
        changed instanceof Promise
          ? await inTime(changed, waitUntil(deadline, timeout, signal, 'the change has not been made up'))
          : await changed;
      // No longer than it was, to which rounding would lead.
      const left = Math.min(timeout, Math.max(1, deadline - performance.now()));
      const options = { ifVersion: before?.version ?? 0, signal, timeout: left };
      // Also where nothing is to become of nothing: what it was made of may be of the past.
      const result = await (next === undefined
        ? this.#delete(key, run, options)
        : this.#set(key, next, run, { ...options, ttl }));
      if (!isConflict(result)) return next;
      if (performance.now() >= deadline) throwConflict(result);
      before = readCurrent(result['current']);
      run = String(result['run']);
    }
  }

  async increment(key: string, by = 1, { ttl, ...options }: IncrementOptions = {}): Promise<number> {
    const params = { key, by, ttl };
    const { value } = await this.#write(methods.incrementInMap, params, 0, options);
    return Number(value);
  }

  on<Type extends keyof MapEvents<unknown>>(
    type: Type,
    listener: (...args: MapEvents<unknown>[Type]) => void,
  ): this {
    this.#emitter.on(type, listener);
    return this;
  }

  once<Type extends keyof MapEvents<unknown>>(
    type: Type,
    listener: (...args: MapEvents<unknown>[Type]) => void,
  ): this {
    this.#emitter.once(type, listener);
    return this;
  }

  off<Type extends keyof MapEvents<unknown>>(
    type: Type,
    listener: (...args: MapEvents<unknown>[Type]) => void,
  ): this {
    this.#emitter.off(type, listener);
    return this;
  }

  async close(): Promise<void> {
    await this.#host.leave();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** How far it has come, for a server that may still know what came after. */
  get position(): Params {
    return this.#sync.position;
  }

  /** Changes come on a link; what has to be known before them is in `result`. */
  attached(subscriptionId: string, result: Result): void {
    this.#sync.attached(subscriptionId, result);
  }

  /** A change has come, or something that is none. */
  received(change: unknown): void {
    this.#sync.received(change);
  }

  /** Changes were left out here. */
  missed(): void {
    this.#sync.missed();
  }

  /** The link is lost, and changes with it. */
  lost(): void {
    this.#sync.lost();
  }

  /** The server gives a sign of life again, or none. */
  livenessChanged(): void {
    this.#sync.livenessChanged();
  }

  ended(error: Error | undefined): void {
    if (this.#sync.state === 'ended') return;
    this.#sync.ended(error ?? new PubSubError('ERR_PUBSUB_CLOSED', 'the map was closed'));
    this.#emitter.emit('close');
  }

  /** @param run of `ifVersion`. */
  #set(
    key: string,
    value: unknown,
    run: string | undefined,
    { ifVersion, ttl, ...options }: SetOptions,
  ): Promise<Result> {
    const json = encodeValue(value, this.#host.valueLength);
    const params = { run, key, json, ttl, if_version: ifVersion };
    return this.#write(methods.setInMap, params, json.length, options);
  }

  /** @param run of `ifVersion`. */
  #delete(key: string, run: string | undefined, { ifVersion, ...options }: WriteOptions): Promise<Result> {
    return this.#write(methods.deleteFromMap, { run, key, if_version: ifVersion }, 0, options);
  }

  async #write(method: string, params: Params, length: number, options: RequestOptions): Promise<Result> {
    if (this.#sync.state === 'ended') throw new PubSubError('ERR_PUBSUB_CLOSED', 'the map is closed');
    const { signal, timeout = this.#host.timeout } = options;
    const deadline = performance.now() + timeout;
    const result = await this.#host.call(method, { map: this.name, ...params }, length, options);
    const { version } = result;
    if (!isCount(version)) {
      throw new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server did not say of which version the map is');
    }
    const isHere = this.#sync.has(version);
    // A conflict has written nothing.
    if (!isHere && !isConflict(result)) {
      const what = 'the write was accepted, but is not in this replica';
      await this.#sync.seen(version, waitUntil(deadline, timeout, signal, what));
    }
    return result;
  }
}

function isConflict(result: Result): boolean {
  return result['conflict'] === true;
}

/** @throws ConflictError where `result` is one. */
function throwConflict(result: Result): void {
  if (isConflict(result)) throw new ConflictError(readCurrent(result['current']));
}

function readCurrent(text: unknown): MapEntry<unknown> | undefined {
  if (typeof text !== 'string') return undefined;
  const entry = decodeValue(text);
  return isObject(entry) ? { value: entry['value'], version: Number(entry['version']) } : undefined;
}
