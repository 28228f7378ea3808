/**
 * The maps of a server, as clients use them: methods, rights, who is told of changes, and what a client gets that has
 * missed some.
 */
import { PubSubError } from '../../../errors.js';
import { isCount } from '../../../protocol/guards.js';
import type { Params, Result } from '../../../protocol/messages.js';
import { encodeValue, type EncodedValue } from '../../../protocol/value.js';
import type { Identity } from '../../../server/access.js';
import type { Caller, Method } from '../../../server/methods.js';
import type { WingHost } from '../../../server/wing.js';
import { invalid, readKey, readTtl } from '../../given.js';
import { methods } from '../../names.js';
import { Expiry } from './expiry.js';
import { AuthorityMap, type Entry, type MapHost } from './map.js';
import { full, readCountedValue, within } from '../bounds.js';
import { readName, readVersion } from '../params.js';
import { assertMay, type Right } from '../rights.js';
import { Scan } from './scan.js';

/** A client that is told of the changes to a map. */
interface Watcher {
  readonly caller: Caller;
  readonly map: AuthorityMap;
  /** While it takes the contents, part by part. */
  scan: Scan | undefined;
}

export interface MapsStats {
  readonly maps: number;
  /** In all maps. */
  readonly entries: number;
  /** The characters of their keys and values. */
  readonly length: number;
  /** Clients that hold a replica of a map, once for each. */
  readonly watchers: number;
}

type Touched = (name: string, key: string | undefined) => void;

export class Maps implements MapHost {
  readonly limits: WingHost['limits'];
  readonly methods: Readonly<Record<string, Method>> = {
    [methods.attachMap]: (caller, identity, params) => this.#attach(caller, identity, params),
    [methods.readMap]: (caller, _identity, params) => this.#read(caller, params),
    [methods.setInMap]: (_caller, identity, params) => this.#set(identity, params),
    [methods.deleteFromMap]: (_caller, identity, params) => this.#delete(identity, params),
    [methods.clearMap]: (_caller, identity, params) => this.#clear(identity, params),
    [methods.incrementInMap]: (_caller, identity, params) => this.#increment(identity, params),
  };
  readonly #host: WingHost;
  readonly #touched: Touched;
  readonly #maps = new Map<string, AuthorityMap>();
  readonly #watchers = new Map<string, Watcher>();
  readonly #watched = new Map<AuthorityMap, number>();
  readonly #expiry = new Expiry();
  /** From which the versions of a new map go on: none that a map of its name has had may come again. */
  #firstVersion = 0;

  /** @param touched is told which key of a map was changed, or all of them where there is none. */
  constructor(host: WingHost, touched: Touched) {
    this.limits = host.limits;
    this.#host = host;
    this.#touched = touched;
  }

  get held(): ReadonlyMap<string, AuthorityMap> {
    return this.#maps;
  }

  /** Of all maps, also those that are forgotten. */
  get version(): number {
    let version = this.#firstVersion;
    for (const map of this.#maps.values()) version = Math.max(version, map.version);
    return version;
  }

  /** Takes the maps of an earlier run, before there are any, and goes on from `version`. */
  restore(maps: ReadonlyMap<string, ReadonlyMap<string, Entry>>, version: number): void {
    this.#firstVersion = version;
    for (const [name, entries] of maps) {
      const map = new AuthorityMap(name, version, this);
      this.#maps.set(name, map);
      for (const [key, entry] of entries) {
        map.restore(key, entry);
        if (entry.expiresAt !== undefined) this.#expiry.add(entry.expiresAt, map, key);
      }
    }
  }

  stats(): MapsStats {
    let entries = 0;
    let length = 0;
    for (const map of this.#maps.values()) {
      entries += map.size;
      length += map.length;
    }
    return { maps: this.#maps.size, entries, length, watchers: this.#watchers.size };
  }

  close(): void {
    this.#expiry.close();
  }

  turnedAway(limit: Parameters<WingHost['turnedAway']>[0]): void {
    this.#host.turnedAway(limit);
  }

  changed(map: AuthorityMap, change: EncodedValue, key: string | undefined): void {
    this.#host.publish(map.event, change);
    this.#touched(map.name, key);
    // Also where its last entry has expired.
    this.#dropIfUnused(map);
  }

  /** Subscribes the caller to the changes of a map, and tells what has to come before them. */
  #attach(caller: Caller, identity: Identity, params: Params): Result {
    checkPosition(params);
    return this.#use('read', identity, params, (map) => {
      const watcher: Watcher = { caller, map, scan: undefined };
      const id = this.#host.subscribe(caller, map.event, () => this.#left(id, map));
      this.#watchers.set(id, watcher);
      this.#watched.set(map, (this.#watched.get(map) ?? 0) + 1);
      return { subscription_id: id, ...this.#missing(watcher, params) };
    });
  }

  /** What a watcher lacks. */
  #read(caller: Caller, params: Params): Result {
    const { subscription_id: id } = params;
    if (typeof id !== 'string') throw invalid('subscription_id must be a string');
    checkPosition(params);
    const watcher = this.#watchers.get(id);
    if (watcher?.caller !== caller) {
      throw new PubSubError('ERR_PUBSUB_FORBIDDEN', 'this client has no such subscription');
    }
    // The client takes what it is told before the answer for a part of that.
    this.#host.cut();
    return this.#missing(watcher, params);
  }

  /**
   * What was changed since the version that the client has, if it has one of this run and all that is known; or else a
   * part of the contents: the next one if it has had the one before, or the first one.
   */
  #missing(watcher: Watcher, { run, version, part }: Params): Result {
    const { map } = watcher;
    const head = { run: this.#host.epoch, version: map.version };
    const since = run === this.#host.epoch ? readVersion(version) : undefined;
    const changes = since === undefined ? undefined : map.changesSince(since);
    if (changes !== undefined) {
      watcher.scan = undefined;
      return { ...head, changes };
    }
    if (watcher.scan === undefined || part !== watcher.scan.part)
      watcher.scan = new Scan(map, this.limits.mapPartLength);
    const { scan } = watcher;
    const result = { ...head, part: scan.part, entries: scan.next() };
    if (!scan.isOver) return { ...result, more: true };
    watcher.scan = undefined;
    return result;
  }

  #left(id: string, map: AuthorityMap): void {
    this.#watchers.delete(id);
    const others = (this.#watched.get(map) ?? 1) - 1;
    if (others > 0) this.#watched.set(map, others);
    else this.#watched.delete(map);
    this.#dropIfUnused(map);
  }

  #set(identity: Identity, params: Params): Result {
    return this.#use('write', identity, params, (map) => {
      const key = this.#keyIn(params);
      const value = readCountedValue(this, params);
      const ttl = readTtl(params['ttl']);
      const conflict = this.#conflict(map, key, params);
      if (conflict !== undefined) return conflict;
      this.#write(map, key, value, ttl === undefined ? undefined : performance.now() + ttl);
      return { version: map.version };
    });
  }

  #delete(identity: Identity, params: Params): Result {
    return this.#use('write', identity, params, (map) => {
      const key = this.#keyIn(params);
      const conflict = this.#conflict(map, key, params);
      if (conflict !== undefined) return conflict;
      const existed = map.delete(key);
      return { version: map.version, existed };
    });
  }

  #clear(identity: Identity, params: Params): Result {
    return this.#use('write', identity, params, (map) => {
      map.clear();
      return { version: map.version };
    });
  }

  /** Adds to a number; to 0 where there is none. An entry that has a time keeps it. */
  #increment(identity: Identity, params: Params): Result {
    return this.#use('write', identity, params, (map) => {
      const key = this.#keyIn(params);
      const { by = 1 } = params;
      const ttl = readTtl(params['ttl']);
      const old = map.get(key);
      // Of all JSON texts only those of numbers are some to this, however long the others are.
      const before = Number(old?.value ?? 0);
      if (typeof by !== 'number' || !Number.isFinite(before + by)) {
        throw invalid('what is incremented, by what, and what comes of it must be finite numbers');
      }
      const sum = within(this, 'valueLength', () => encodeValue(before + by, this.limits.valueLength));
      // Its time is known already, where it has one.
      if (old !== undefined) map.set(key, sum, old.expiresAt);
      else this.#write(map, key, sum, ttl === undefined ? undefined : performance.now() + ttl);
      return { version: map.version, value: before + by };
    });
  }

  /** What a compare-and-set is answered that has found another version than it wants; 0 stands for no entry. */
  #conflict(map: AuthorityMap, key: string, { if_version, run }: Params): Result | undefined {
    const wanted = readVersion(if_version);
    if (wanted === undefined) return undefined;
    const entry = map.get(key);
    const { epoch } = this.#host;
    // A version of another run says nothing.
    const isOfThisRun = run === undefined || run === epoch;
    if (isOfThisRun && wanted === (entry?.version ?? 0)) return undefined;
    const current = entry && { current: spellEntry(entry) };
    return { conflict: true, run: epoch, version: map.version, ...current };
  }

  #write(map: AuthorityMap, key: string, value: EncodedValue, expiresAt: number | undefined): void {
    map.set(key, value, expiresAt);
    if (expiresAt !== undefined) this.#expiry.add(expiresAt, map, key);
  }

  #keyIn({ key }: Params): string {
    return within(this, 'keyLength', () => readKey(key, this.limits.keyLength));
  }

  /** Does something with a map, which may be a new one, and forgets one that is none after that, also where it throws. */
  #use(right: Right, identity: Identity, params: Params, work: (map: AuthorityMap) => Result): Result {
    const map = this.#mapFor(right, identity, params);
    try {
      return work(map);
    } finally {
      this.#dropIfUnused(map);
    }
  }

  /** @throws PubSubError `ERR_PUBSUB_FORBIDDEN`; `ERR_PUBSUB_LIMIT` where it would be one map too many. */
  #mapFor(right: Right, identity: Identity, params: Params): AuthorityMap {
    const name = readName(params['map'], "a map's name", this.limits.eventNameLength);
    assertMay(right, 'maps', name, this.#host.registrationOf(identity));
    let map = this.#maps.get(name);
    if (map === undefined) {
      if (this.#maps.size >= this.limits.maps) throw full(this, 'maps', 'the server', 'maps');
      map = new AuthorityMap(name, this.#firstVersion, this);
      this.#maps.set(name, map);
    }
    return map;
  }

  /** A map without an entry and without a watcher is none: names do not pile up. */
  #dropIfUnused(map: AuthorityMap): void {
    if (map.size > 0 || this.#watched.has(map)) return;
    if (this.#maps.get(map.name) !== map) return;
    this.#maps.delete(map.name);
    this.#firstVersion = Math.max(this.#firstVersion, map.version);
  }
}

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` where what a client says that it has is nonsense. */
function checkPosition({ run, version, part }: Params): void {
  if (run !== undefined && typeof run !== 'string') throw invalid('run must be a string');
  readVersion(version);
  if (part !== undefined && !isCount(part)) throw invalid('part must be a whole number from 0');
}

function spellEntry({ version, value }: Entry): EncodedValue {
  return `{"version":${version},"value":${value}}`;
}
