/**
 * Caches over one store, in any interleaving of their processes, of writes, loads and faults: who asks after an invalidation
 * has resolved is never given what was there before it, and when all is quiet every replica has what the store has.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Cache, Client } from 'clustercast';
import { SimulatedCluster, type SimulatedWorker } from 'clustercast/testing';
import { deferred } from '#lib/client/deferred.js';
import { Tally } from '../../../fuzz/tally.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { holds } from '../../../support/property.js';
import { randomFrom } from '../../../support/random.js';
import { endOfTurn } from '../../../support/turn.js';

const keys = ['a', 'b', 'c'] as const;
const places = 3;
const limits = { windowMessages: 3, heartbeatTime: 100, staleTime: 200 };
/** No request and no load ends for its time. */
const timeout = 1_000_000_000;

type Key = (typeof keys)[number];

/** What a load brings: which write it has seen. */
interface Value {
  readonly key: Key;
  readonly version: number;
}

/** A process with a replica. */
interface Site {
  readonly worker: SimulatedWorker;
  readonly client: Client;
  readonly cache: Cache<Value>;
  /** How often it was told to drop all: by a gap, where nobody clears the cache. */
  gaps: number;
  isGone: boolean;
  /** How much it waits for. The promises of a process that was killed stay as they are. */
  open: number;
}

/** Somebody was given what was there before an invalidation that had resolved. */
interface Breach {
  readonly site: Site;
  /** How many gaps the replica had been told when it was asked. */
  readonly gaps: number;
  readonly text: string;
}

class World {
  readonly cluster: SimulatedCluster;
  readonly #tally: Tally;
  readonly #clock: FakeClock;
  readonly #random: () => number;
  readonly #tasks: (() => void)[] = [];
  readonly #sites: Site[] = [];
  readonly #main: Client;
  /** What the store has, by key: the number of its last write. */
  readonly #store = new Map<Key, number>(keys.map((key) => [key, 0]));
  /** What everybody has to see at least: the last write whose invalidation has resolved. */
  readonly #seen = new Map<Key, number>(keys.map((key) => [key, 0]));
  /** Loads that have read the store, and not ended. */
  readonly #loads: (() => void)[] = [];
  readonly #breaches: Breach[] = [];
  #writes = 0;

  constructor(seed: number, clock: FakeClock, tally: Tally) {
    this.#random = randomFrom(seed);
    this.#clock = clock;
    this.#tally = tally;
    this.cluster = new SimulatedCluster({ limits, schedule: (task) => this.#tasks.push(task) });
    this.#main = this.cluster.connect({ timeout });
  }

  async start(): Promise<void> {
    await this.cluster.start();
    for (let place = 0; place < places; place += 1) this.#fork(place);
    await this.#settle();
  }

  async run(command: Command): Promise<void> {
    const site = this.#sites[command.place] ?? assert.fail('no such place');
    switch (command.type) {
      case 'get':
        this.#get(site, command.key);
        break;
      case 'write':
        this.#write(site, command.key, command.by);
        break;
      case 'load':
        this.#endLoad();
        break;
      case 'stop':
        site.worker.stop();
        break;
      case 'continue':
        site.worker.continue();
        break;
      case 'flood':
        for (let i = 0; i < 5; i += 1) void this.#main.publish('e', i).catch(() => undefined);
        break;
      case 'wait':
        this.#clock.pass(100);
        break;
      case 'kill':
      case 'disconnect':
        site.isGone = true;
        if (command.type === 'kill') site.worker.kill();
        else site.worker.disconnect();
        this.#fork(command.place);
        break;
    }
    for (let turns = 0; turns < command.turns; turns += 1) await this.#turn();
  }

  /** Lets all come to rest: then all replicas have what the store has. */
  async end(): Promise<void> {
    for (const { worker } of this.#sites) worker.continue();
    await this.#settle();
    // Who was silent is given time for a sign of life.
    for (let round = 0; round < 50 && !this.#isQuiet; round += 1) {
      this.#clock.pass(50);
      await this.#settle();
    }
    // Where it is not known whether all have dropped it, who has written says it again.
    await this.#awaitAll(keys.map((key) => this.#main.cache('c').invalidate(key)));
    for (const { cache, gaps, open } of this.#sites) {
      assert.equal(open, 0);
      assert.equal(cache.isStale, false);
      const asked = keys.map((key) => cache.get(key));
      const values = await this.#awaitAll(asked);
      assert.deepEqual(
        values.map(({ key, version }) => [key, version]),
        [...this.#store],
      );
      if (gaps > 0) this.#tally.note('told a gap');
    }
    for (const { site, gaps, text } of this.#breaches) {
      // One that a gap hides is told so in the end; who has ended has told nobody anything.
      if (site.gaps === gaps && !site.isGone) assert.fail(text);
      this.#tally.note('excused by a gap');
    }
    const { caches, cacheReplicas, invalidations } = this.cluster.server.stats().state;
    assert.deepEqual([caches, cacheReplicas, invalidations], [1, places, 0]);
  }

  #fork(place: number): void {
    const worker = this.cluster.fork();
    const client = worker.connect({ timeout, limits });
    const cache = client.cache<Value>('c', {
      max: 10,
      load: (key) => this.#load(key as Key),
      tags: ({ key }) => [`of ${key}`],
    });
    const site: Site = { worker, client, cache, gaps: 0, isGone: false, open: 0 };
    // Also by clear(), in those runs that have it.
    cache.on('invalidate', ({ all }) => (site.gaps += all ? 1 : 0));
    cache.on('stale', () => this.#tally.note('stale'));
    this.#sites[place] = site;
  }

  /** Reads the store at once, and ends when the world says so: the worst that a load can be. */
  #load(key: Key): Promise<Value> {
    const value = { key, version: this.#store.get(key) ?? 0 };
    const loading = deferred<Value>();
    this.#loads.push(() => loading.resolve(value));
    return loading.promise;
  }

  #get(site: Site, key: Key): void {
    const { cache, gaps } = site;
    const atLeast = this.#seen.get(key) ?? 0;
    const promises = !cache.isStale;
    const isHit = cache.peek(key) !== undefined;
    void this.#carryOut(site, async () => {
      const { version } = await cache.get(key);
      if (!promises) return;
      this.#tally.note(isHit ? 'hit' : 'miss');
      if (version >= atLeast) return;
      this.#breaches.push({ site, gaps, text: `${key}: ${version} after ${atLeast} was to be seen` });
    });
  }

  #write(site: Site, key: Key, by: 'key' | 'tag' | 'all'): void {
    this.#writes += 1;
    const version = this.#writes;
    this.#store.set(key, version);
    const { cache } = site;
    void this.#carryOut(site, async () => {
      if (by === 'key') await cache.invalidate(key);
      else if (by === 'tag') await cache.invalidateTag(`of ${key}`);
      else await cache.clear();
      this.#tally.note(`invalidated by ${by}`);
      this.#seen.set(key, Math.max(version, this.#seen.get(key) ?? 0));
    });
  }

  /** One of them, not the first one always. */
  #endLoad(): void {
    const [end] = this.#loads.splice(Math.floor(this.#random() * this.#loads.length), 1);
    end?.();
  }

  /** It may fail where its process ends. */
  async #carryOut(site: Site, work: () => Promise<void>): Promise<void> {
    site.open += 1;
    try {
      await work();
    } catch (error) {
      this.#tally.note(String((error as { code?: unknown }).code));
    }
    site.open -= 1;
  }

  get #isQuiet(): boolean {
    const { behind, stale } = this.cluster.server.stats();
    return behind === 0 && stale === 0 && this.#sites.every(({ cache }) => !cache.isStale);
  }

  async #turn(): Promise<void> {
    const [task] = this.#tasks.splice(Math.floor(this.#random() * this.#tasks.length), 1);
    task?.();
    await endOfTurn();
  }

  async #awaitAll<T>(promises: readonly Promise<T>[]): Promise<T[]> {
    await this.#settle();
    return Promise.all(promises);
  }

  async #settle(): Promise<void> {
    for (let quiet = 0; quiet < 4; quiet += 1) {
      if (this.#tasks.length + this.#loads.length > 0) quiet = 0;
      for (const task of this.#tasks.splice(0)) task();
      while (this.#loads.length > 0) this.#endLoad();
      await endOfTurn();
    }
  }
}

interface Command {
  readonly type: 'get' | 'write' | 'load' | 'stop' | 'continue' | 'flood' | 'wait' | 'kill' | 'disconnect';
  readonly place: number;
  readonly key: Key;
  readonly by: 'key' | 'tag' | 'all';
  /** How many tasks are run after it. */
  readonly turns: number;
}

const command: fc.Arbitrary<Command> = fc.record({
  type: fc.oneof(
    { weight: 8, arbitrary: fc.constant('get' as const) },
    { weight: 5, arbitrary: fc.constant('write' as const) },
    { weight: 5, arbitrary: fc.constant('load' as const) },
    { weight: 1, arbitrary: fc.constantFrom('stop', 'flood', 'wait', 'kill', 'disconnect') },
    { weight: 2, arbitrary: fc.constant('continue' as const) },
  ),
  place: fc.nat(places - 1),
  key: fc.constantFrom(...keys),
  by: fc.constantFrom('key', 'key', 'tag', 'all'),
  turns: fc.nat(6),
});

describe('caches over one store', () => {
  it('give nobody what was there before an invalidation that has resolved, whatever happens', async (test) => {
    const clock = FakeClock.of(test);
    const tally = new Tally();
    const input = fc.tuple(fc.array(command, { minLength: 15, maxLength: 30 }), fc.integer(), fc.boolean());
    const property = fc.asyncProperty(input, async ([commands, seed, isCleared]) => {
      const world = new World(seed, clock, tally);
      await world.start();
      try {
        for (const next of commands)
          await world.run(next.by === 'all' && !isCleared ? { ...next, by: 'key' } : next);
        await world.end();
      } finally {
        await world.cluster.close();
      }
    });
    await holds(property);
    tally.check('hit', 'miss', 'invalidated by key', 'invalidated by tag', 'invalidated by all');
    tally.check('stale', 'told a gap', 'ERR_PUBSUB_OUTCOME_UNKNOWN');
  });
});
