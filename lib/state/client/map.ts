/**
 * A map of a client: reads from its replica, writes through the server, and repairs the replica where changes are missing.
 */
import type { RequestOptions } from '../../client/api.js';
import { deferred } from '../../client/deferred.js';
import { Emitter } from '../../client/emitter.js';
import { checkTimeout, holdProcess } from '../../client/timeout.js';
import { PubSubError } from '../../errors.js';
import { isCount, isObject } from '../../protocol/guards.js';
import type { Params, Result } from '../../protocol/messages.js';
import { decodeValue, encodeValue } from '../../protocol/value.js';
import { methods } from '../names.js';
import {
  ConflictError,
  type IncrementOptions,
  type MapChange,
  type MapEntry,
  type MapEvents,
  type ReplicatedMap,
  type SetOptions,
  type UpdateOptions,
  type WriteOptions,
} from './api.js';
import { isChange, Replica } from './replica.js';

/** What a map needs of its client. */
export interface MapHost {
  readonly valueLength: number;
  readonly timeout: number;
  /** Whether the server gives no sign of life. */
  isStale(): boolean;
  /** Calls a method of the server, with so many characters of values. */
  call(method: string, params: Params, length: number, options: RequestOptions): Promise<Result>;
  /** Likewise; `take` is told in the very turn of the answer. */
  read(params: Params, take: (result: Result) => void, failed: (error: unknown) => void): void;
  /** Ends the map's subscription. */
  leave(): Promise<void>;
  failed(error: unknown): void;
}

/** A write that was accepted, and is not in the replica yet. */
interface Unseen {
  readonly version: number;
  readonly settle: () => void;
}

/** Until a repair that failed is tried again, in milliseconds. */
const retryTime = 250;

export class ClientMap implements ReplicatedMap<unknown> {
  readonly name: string;
  readonly #host: MapHost;
  readonly #replica = new Replica();
  readonly #emitter = new Emitter<MapEvents<unknown>>((error) => this.#host.failed(error));
  readonly #loaded = deferred<void>();
  /** In which run of the server its versions are. */
  #run: string | undefined;
  /** And in which one the server is that the link leads to. */
  #serverRun: string | undefined;
  /** While there is a link on which changes come. */
  #subscriptionId: string | undefined;
  #state: 'loading' | 'fresh' | 'stale' | 'ended' = 'loading';
  /** Whether changes are missing that others may know; until they are here, what comes after them is of no use. */
  #isBehind = true;
  /** Whether the server was asked for what is missing. */
  #isReading = false;
  /**
   * How often the server has given a sign of life after a silence: what it said meanwhile may still be on its way behind
   * that. An answer to what was asked since then comes behind all of it.
   */
  #returns = 0;
  /** How many of these there had been when the link was lost: what attaches the map to another one is asked after that. */
  #returnsAtLoss = 0;
  #unseen: Unseen[] = [];
  #retryTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, host: MapHost) {
    this.name = name;
    this.#host = host;
    this.#loaded.promise.catch(() => undefined);
  }

  /** Resolves when its contents are in place; rejects where it ends before. */
  get loaded(): Promise<void> {
    return this.#loaded.promise;
  }

  get size(): number {
    return this.#replica.entries.size;
  }

  get version(): number {
    return this.#replica.version;
  }

  get isStale(): boolean {
    return this.#state !== 'fresh';
  }

  get(key: string): unknown {
    return this.#replica.entries.get(key)?.value;
  }

  has(key: string): boolean {
    return this.#replica.entries.has(key);
  }

  entry(key: string): MapEntry<unknown> | undefined {
    return this.#replica.entries.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#replica.entries.keys();
  }

  *values(): IterableIterator<unknown> {
    for (const { value } of this.#replica.entries.values()) yield value;
  }

  *entries(): IterableIterator<[string, unknown]> {
    for (const [key, { value }] of this.#replica.entries) yield [key, value];
  }

  [Symbol.iterator](): IterableIterator<[string, unknown]> {
    return this.entries();
  }

  async set(key: string, value: unknown, options: SetOptions = {}): Promise<number> {
    const result = await this.#set(key, value, this.#run, options);
    throwConflict(result);
    return Number(result['version']);
  }

  async delete(key: string, options: WriteOptions = {}): Promise<boolean> {
    const result = await this.#delete(key, this.#run, options);
    throwConflict(result);
    return result['existed'] === true;
  }

  async clear(options: RequestOptions = {}): Promise<void> {
    await this.#write(methods.clearMap, { run: this.#run }, 0, options);
  }

  async update<Next>(
    key: string,
    change: (value: unknown) => Next | Promise<Next>,
    { ttl, signal, timeout = this.#host.timeout }: UpdateOptions = {},
  ): Promise<Next> {
    const deadline = performance.now() + checkTimeout(timeout);
    let before = this.entry(key);
    // A version says nothing in another run than the one that it was read in.
    let run = this.#run;
    for (;;) {
      const next = await change(before?.value);
      const left = Math.max(1, deadline - performance.now());
      const options = { ifVersion: before?.version ?? 0, signal, timeout: left };
      let result: Result = {};
      if (next !== undefined) result = await this.#set(key, next, run, { ...options, ttl });
      else if (before !== undefined) result = await this.#delete(key, run, options);
      if (!isConflict(result)) return next;
      if (performance.now() >= deadline) throwConflict(result);
      before = readCurrent(result['current']);
      run = String(result['run']);
    }
  }

  async increment(key: string, by = 1, { ttl, ...options }: IncrementOptions = {}): Promise<number> {
    const params = { run: this.#run, key, by, ttl };
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
    return this.#run === undefined ? {} : { run: this.#run, version: this.#replica.version };
  }

  /** Changes come on a link; what has to be known before them is in `result`. */
  attached(subscriptionId: string, result: Result): void {
    this.#subscriptionId = subscriptionId;
    this.#take(result, 0, this.#returnsAtLoss);
  }

  /** A change has come, or something that is none. */
  received(change: unknown): void {
    if (!isChange(change)) {
      this.#host.failed(new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent a change that is none'));
      this.missed();
      return;
    }
    // What comes before the answer that brings what is missing is in it.
    if (this.#isBehind && !this.#replica.isTaking) return;
    const changes = this.#replica.take(change);
    if (changes === undefined) this.missed();
    else this.#tell(changes);
  }

  /** Changes were left out here. */
  missed(): void {
    this.#replica.drop();
    this.#beStale();
    // One that failed is tried again in its own time.
    if (this.#retryTimer === undefined) this.#repair();
  }

  /** The link is lost, and changes with it. */
  lost(): void {
    this.#stopRetry();
    this.#subscriptionId = undefined;
    this.#serverRun = undefined;
    this.#isReading = false;
    this.#returnsAtLoss = this.#returns;
    this.#replica.drop();
    this.#beStale();
  }

  /** The server gives a sign of life again, or none. */
  livenessChanged(): void {
    if (this.#host.isStale()) {
      this.#showStale();
      return;
    }
    this.#returns += 1;
    if (this.#retryTimer === undefined) this.#repair();
  }

  ended(error: Error | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#stopRetry();
    this.#loaded.reject(error ?? new PubSubError('ERR_PUBSUB_CLOSED', 'the map was closed'));
    for (const { settle } of this.#unseen.splice(0)) settle();
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
    if (this.#state === 'ended') throw new PubSubError('ERR_PUBSUB_CLOSED', 'the map is closed');
    const result = await this.#host.call(method, { map: this.name, ...params }, length, options);
    const { version } = result;
    if (!isCount(version)) {
      throw new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server did not say of which version the map is');
    }
    const isHere = this.#isOfServersRun && this.#replica.version >= version;
    // What came before the answer should have brought it here.
    if (!isHere && !this.#isBehind) this.missed();
    // A conflict has written nothing.
    if (!isHere && !isConflict(result)) await this.#seen(version, options.timeout ?? this.#host.timeout);
    return result;
  }

  /** Waits until a version is in the replica, where changes were left out before it. */
  #seen(version: number, timeout: number): Promise<void> | undefined {
    if (this.#state === 'ended') return undefined;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#unseen = this.#unseen.filter((other) => other !== unseen);
        const message = `the write was accepted, but is not in this replica within ${timeout} ms`;
        reject(new PubSubError('ERR_PUBSUB_TIMEOUT', message));
      }, timeout);
      holdProcess(timer, false);
      const settle = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const unseen: Unseen = { version, settle };
      this.#unseen.push(unseen);
    });
  }

  /** Whether the versions of the replica and those in the server's answers can be compared. */
  get #isOfServersRun(): boolean {
    return this.#serverRun === this.#run;
  }

  #settleSeen(): void {
    if (this.#unseen.length === 0 || !this.#isOfServersRun) return;
    const { version } = this.#replica;
    const seen = this.#unseen.filter((unseen) => unseen.version <= version);
    this.#unseen = this.#unseen.filter((unseen) => unseen.version > version);
    for (const { settle } of seen) settle();
  }

  /** Asks for what is missing. */
  #repair(params: Params = this.position): void {
    if (this.#subscriptionId === undefined || this.#isReading || this.#state === 'ended') return;
    this.#stopRetry();
    this.#isReading = true;
    const subscriptionId = this.#subscriptionId;
    const asked = isCount(params['part']) ? params['part'] : 0;
    const returns = this.#returns;
    const isOfThisLink = (): boolean => subscriptionId === this.#subscriptionId && this.#state !== 'ended';
    this.#host.read(
      { subscription_id: subscriptionId, ...params },
      (result) => {
        if (isOfThisLink()) this.#take(result, asked, returns);
      },
      (error) => {
        if (!isOfThisLink()) return;
        this.#host.failed(error);
        this.#isReading = false;
        this.#replica.drop();
        this.#repairLater(this.position);
      },
    );
  }

  #repairLater(params: Params): void {
    this.#stopRetry();
    this.#retryTimer = setTimeout(() => this.#repair(params), retryTime);
    holdProcess(this.#retryTimer, false);
  }

  #stopRetry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
  }

  /** Takes what was missing, or a part of it: the one `asked` for, or the first. It was asked for after so many `returns`. */
  #take(result: Result, asked: number, returns: number): void {
    this.#isReading = false;
    const { run, version, changes, part, entries, more } = result;
    const isOfThisRun = run === this.#run;
    const read = changes === undefined ? readEntries(entries) : [];
    if (typeof run !== 'string' || !isCount(version) || read === undefined) {
      this.#nonsense();
    } else if (changes !== undefined) {
      this.#serverRun = run;
      if (isOfThisRun) this.#takeChanges(changes, version, returns);
      else this.#nonsense();
    } else if (!isCount(part) || !this.#replica.takePart(part, version, read)) {
      this.#replica.drop();
      // Changes were left out between two parts: from the beginning. Without any before it, a part fits always.
      if (asked > 0) this.#repair({});
      else this.#nonsense();
    } else if (more === true) {
      this.#serverRun = run;
      // Changes go into what comes from now on, and not into what is there.
      this.#isBehind = true;
      this.#repair({ part: this.#replica.part });
    } else {
      this.#serverRun = run;
      this.#run = run;
      const different = this.#replica.complete(isOfThisRun);
      if (!isOfThisRun) for (const { settle } of this.#unseen.splice(0)) settle();
      this.#isBehind = false;
      this.#tell(different);
      this.#complete(returns);
    }
  }

  #takeChanges(text: unknown, version: number, returns: number): void {
    this.#replica.drop();
    // Before anybody is told, who may find out that something else is missing.
    this.#isBehind = false;
    for (const change of parseArray(text)) {
      const different = isChange(change) ? this.#replica.take(change) : undefined;
      if (different === undefined) {
        this.#nonsense();
        return;
      }
      this.#tell(different);
    }
    if (this.#replica.version === version) this.#complete(returns);
    else this.#nonsense();
  }

  /** Nothing is missing that the server knew when it was asked, after so many `returns`. */
  #complete(returns: number): void {
    if (returns === this.#returns) this.#beFresh();
    else this.#repair();
  }

  #nonsense(): void {
    this.#host.failed(
      new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent nonsense instead of what a map contains'),
    );
    this.#replica.drop();
    this.#beStale();
    this.#repairLater({});
  }

  #tell(changes: readonly MapChange<unknown>[]): void {
    for (const change of changes) {
      // A listener may have ended it.
      if (this.#state === 'fresh' || this.#state === 'stale') this.#emitter.emit('change', change);
    }
    this.#settleSeen();
  }

  /** Changes are missing. */
  #beStale(): void {
    this.#isBehind = true;
    this.#showStale();
  }

  #showStale(): void {
    if (this.#state !== 'fresh') return;
    this.#state = 'stale';
    this.#emitter.emit('stale');
  }

  #beFresh(): void {
    // One who was told of a change may have lost the link; a server that is silent is asked when it is not any more.
    if (this.#isBehind || this.#host.isStale()) return;
    const was = this.#state;
    if (was === 'fresh' || was === 'ended') return;
    this.#state = 'fresh';
    if (was === 'loading') this.#loaded.resolve();
    else this.#emitter.emit('fresh');
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

type SpelledEntry = readonly [key: string, version: number, value: unknown];

/** @returns `undefined` where it is none. */
function readEntries(text: unknown): readonly SpelledEntry[] | undefined {
  const entries = parseArray(text);
  const areEntries = entries.every(
    (entry) => Array.isArray(entry) && typeof entry[0] === 'string' && isCount(entry[1]),
  );
  return areEntries ? (entries as readonly SpelledEntry[]) : undefined;
}

/** An array of which each element is to be looked at; what is none becomes one that holds nothing of use. */
function parseArray(text: unknown): readonly unknown[] {
  const array = typeof text === 'string' ? decodeValue(text) : undefined;
  return Array.isArray(array) ? array : [undefined];
}
