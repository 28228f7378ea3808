/** Replicated maps: what a replica shows, what a write does, and how it is refused. */
import assert from 'node:assert/strict';
import { ConflictError, type MapChange, type ReplicatedMap } from 'clustercast';
import { code } from '../support/codes.js';
import { until, within } from '../support/until.js';
import { mapLimits } from './map-limits.js';
import type { Case } from './stage.js';

/** What it holds, with the versions, in an order of its own. */
function contents(map: ReplicatedMap<unknown>): unknown[] {
  const all = [...map.keys()].map((key): [string, unknown] => [key, map.entry(key)]);
  return all.toSorted(([one], [other]) => (one < other ? -1 : 1));
}

/** For `assert.rejects`: a conflict that found this. */
function conflict(current: unknown): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof ConflictError && code('CONFLICT')(error));
    assert.deepEqual(error.current, current);
    return true;
  };
}

/** A text of 100 characters. */
function textOf(n: number): string {
  return `${n} `.padEnd(100, '.');
}

/** Fails unless it ends in time, and not well. */
function fails(promise: Promise<unknown>): Promise<void> {
  return within(assert.rejects(promise), 'an end of what nobody carries out');
}

async function untilSame(...maps: readonly ReplicatedMap<unknown>[]): Promise<void> {
  const newest = Math.max(...maps.map(({ version }) => version));
  await until(() => maps.every(({ version }) => version >= newest), 'the newest version, everywhere');
  for (const map of maps) assert.deepEqual(contents(map), contents(maps[0] as ReplicatedMap<unknown>));
}

/** Every change to `map` from now on. */
function changesOf<V>(map: ReplicatedMap<V>): MapChange<V>[] {
  const changes: MapChange<V>[] = [];
  map.on('change', (change) => changes.push(change));
  return changes;
}

async function open2(
  open: Parameters<Case['run']>[0],
): Promise<{ one: ReplicatedMap<unknown>; two: ReplicatedMap<unknown> }> {
  const stage = await open();
  const [one, two] = await Promise.all([stage.connect().map('m'), stage.connect().map('m')]);
  return { one, two };
}

export const maps: readonly Case[] = [
  {
    name: 'a map has its contents in place when map() resolves, and is read at once',
    run: async (open) => {
      const stage = await open();
      const writer = await stage.connect().map<unknown>('m');
      assert.deepEqual([writer.name, writer.size, writer.version, writer.isStale], ['m', 0, 0, false]);
      await writer.set('a', { on: true });
      await writer.set('b', null);
      await writer.set('a', { on: false });
      const reader = await stage.connect().map<unknown>('m');
      assert.deepEqual([reader.size, reader.version, reader.isStale], [2, 3, false]);
      assert.deepEqual([reader.get('a'), reader.get('b'), reader.get('c')], [{ on: false }, null, undefined]);
      assert.deepEqual([reader.has('a'), reader.has('b'), reader.has('c')], [true, true, false]);
      assert.deepEqual(reader.entry('a'), { value: { on: false }, version: 3 });
      assert.equal(reader.entry('c'), undefined);
      assert.deepEqual([...reader.keys()], ['a', 'b']);
      assert.deepEqual([...reader.values()], [{ on: false }, null]);
      const pairs = [
        ['a', { on: false }],
        ['b', null],
      ];
      assert.deepEqual([...reader.entries()], pairs);
      assert.deepEqual([...reader], pairs);
    },
  },
  {
    name: 'a write is in the own replica when it resolves, and comes to every other',
    run: async (open) => {
      const { one, two } = await open2(open);
      const changes = changesOf(two);
      assert.equal(await one.set('k', 1), 1);
      assert.deepEqual([one.get('k'), one.version], [1, 1]);
      await until(() => two.get('k') === 1, 'the value');
      assert.equal(await two.set('k', [2]), 2);
      assert.deepEqual(two.get('k'), [2]);
      assert.equal(await two.delete('k'), true);
      assert.deepEqual([two.has('k'), two.size], [false, 0]);
      await until(() => one.version === 3, 'the end of the key');
      assert.equal(one.has('k'), false);
      const [key, isExpired] = ['k', false];
      assert.deepEqual(changes, [
        { key, value: 1, previous: undefined, version: 1, isExpired },
        { key, value: [2], previous: 1, version: 2, isExpired },
        { key, value: undefined, previous: [2], version: 3, isExpired },
      ]);
    },
  },
  {
    name: 'changes come to every replica in one order, each once',
    run: async (open) => {
      const stage = await open();
      const replicas = await Promise.all([1, 2, 3].map(() => stage.connect().map<string>('m')));
      const stories = replicas.map((replica) => changesOf(replica));
      await Promise.all(
        replicas.flatMap((replica, who) =>
          Array.from({ length: 100 }, async (_, n) => {
            const key = String(n % 7);
            await (n % 10 === 9 ? replica.delete(key) : replica.set(key, `${who} ${n}`));
          }),
        ),
      );
      await untilSame(...replicas);
      const versions = stories[0]?.map(({ version }) => version) ?? [];
      assert.deepEqual(
        versions,
        versions.map((_, position) => position + 1),
      );
      assert.ok(versions.length > 200);
      for (const story of stories) assert.deepEqual(story, stories[0]);
    },
  },
  {
    name: 'a compare-and-set changes what it knows, and nothing else',
    run: async (open) => {
      const { one, two } = await open2(open);
      const version = await one.set('k', 'first', { ifVersion: 0 });
      const first = { value: 'first', version };
      await assert.rejects(two.set('k', 'second', { ifVersion: 0 }), conflict(first));
      await assert.rejects(two.set('k', 'second', { ifVersion: version + 1 }), conflict(first));
      await assert.rejects(two.delete('k', { ifVersion: version + 1 }), conflict(first));
      await assert.rejects(two.set('other', 1, { ifVersion: version }), conflict(undefined));
      assert.deepEqual([two.version, two.get('k'), two.size], [version, 'first', 1]);
      const next = await two.set('k', 'second', { ifVersion: version });
      await assert.rejects(
        one.delete('k', { ifVersion: version }),
        conflict({ value: 'second', version: next }),
      );
      assert.equal(await one.delete('k', { ifVersion: next }), true);
      assert.equal(await one.delete('k', { ifVersion: 0 }), false);
      for (const ifVersion of [-1, 0.5, NaN, '1']) {
        const options = { ifVersion: ifVersion as number };
        await assert.rejects(one.set('k', 1, options), code('INVALID_ARGUMENT'));
        await assert.rejects(one.delete('k', options), code('INVALID_ARGUMENT'));
      }
      assert.equal(one.size, 0);
    },
  },
  {
    name: 'delete says whether there was anything, and clear tells a change for each key',
    run: async (open) => {
      const { one, two } = await open2(open);
      assert.equal(await one.delete('k'), false);
      await one.clear();
      assert.equal(one.version, 0);
      await Promise.all(['a', 'b', 'c'].map((key) => one.set(key, key)));
      await until(() => two.size === 3, 'the keys');
      const [own, others] = [changesOf(one), changesOf(two)];
      await one.clear();
      assert.deepEqual([one.size, one.version], [0, 4]);
      await until(() => two.version === 4, 'the clear');
      const expected = ['a', 'b', 'c'].map((key) => {
        return { key, value: undefined, previous: key, version: 4, isExpired: false };
      });
      assert.deepEqual([own, others], [expected, expected]);
    },
  },
  {
    name: 'updates of many at once all count, and one that gives undefined deletes',
    run: async (open) => {
      const stage = await open();
      const replicas = await Promise.all(Array.from({ length: 5 }, () => stage.connect().map<number>('m')));
      const one = replicas[0] as ReplicatedMap<number>;
      await Promise.all(
        replicas.flatMap((replica) =>
          Array.from({ length: 6 }, () => replica.update('n', (n = 0) => Promise.resolve(n + 1))),
        ),
      );
      await untilSame(...replicas);
      assert.equal(one.get('n'), 30);
      assert.equal(await one.update('n', (n = 0) => n * 2), 60);
      assert.equal(await one.update('n', () => undefined), undefined);
      assert.equal(one.has('n'), false);
      const { version } = one;
      await one.update('n', () => undefined);
      assert.equal(one.version, version);
      const failure = new Error('the function throws');
      const failing = one.update('n', () => {
        throw failure;
      });
      await assert.rejects(failing, failure);
      assert.equal(one.version, version);
    },
  },
  {
    name: 'increments add up, from wherever they come, and each is told its sum',
    run: async (open) => {
      const stage = await open();
      const replicas = await Promise.all(Array.from({ length: 4 }, () => stage.connect().map<number>('m')));
      const one = replicas[0] as ReplicatedMap<number>;
      const sums = await Promise.all(
        replicas.flatMap((replica) => Array.from({ length: 25 }, () => replica.increment('n'))),
      );
      assert.deepEqual(
        sums.toSorted((a, b) => a - b),
        sums.map((_, position) => position + 1),
      );
      await untilSame(...replicas);
      assert.equal(one.get('n'), 100);
      assert.equal(await one.increment('n', -100.5), -0.5);
      assert.equal(one.get('n'), -0.5);
      assert.equal(await one.increment('new', 5), 5);
    },
  },
  {
    name: 'an increment of what is no number, or by what is none, or beyond numbers, is refused',
    run: async (open) => {
      const map = await (await open()).connect().map<unknown>('m');
      for (const value of ['1', null, [1], { n: 1 }, true]) await map.set(JSON.stringify(value), value);
      await map.set('huge', 1.7e308);
      const before = contents(map);
      const numbers = map as ReplicatedMap<number>;
      for (const key of map.keys()) {
        if (key !== 'huge') await assert.rejects(numbers.increment(key, 1), code('INVALID_ARGUMENT'), key);
      }
      for (const by of [NaN, Infinity, -Infinity, '1', null, {}, 1.7e308]) {
        await assert.rejects(numbers.increment('huge', by as number), code('INVALID_ARGUMENT'));
      }
      assert.deepEqual(contents(map), before);
    },
  },
  {
    name: 'an entry with a time ends by a change that says so, unless it was written again',
    run: async (open) => {
      const { one, two } = await open2(open);
      const [own, others] = [changesOf(one), changesOf(two)];
      const counts = one as ReplicatedMap<number>;
      await Promise.all([
        one.set('short', 1, { ttl: 60 }),
        one.set('again', 1, { ttl: 60 }),
        one.set('again', 2),
        counts.increment('n', 1, { ttl: 60 }),
        counts.increment('n', 1, { ttl: 600_000 }),
        one.set('stays', 1),
        counts.increment('stays', 1, { ttl: 60 }),
        one.update('last', () => 1, { ttl: 180 }),
      ]);
      await until(() => !one.has('last') && !two.has('last'), 'the last time is over');
      assert.deepEqual(Object.fromEntries(two), { again: 2, stays: 2 });
      const ended = ['short', 'n', 'last'];
      assert.deepEqual(
        others.filter(({ isExpired }) => isExpired).map(({ key, value, previous }) => [key, value, previous]),
        ended.map((key) => [key, undefined, key === 'n' ? 2 : 1]),
      );
      assert.deepEqual(own, others);
      for (const ttl of [0, -1, 0.5, NaN, Infinity, '5', 2 ** 53]) {
        const options = { ttl: ttl as number };
        await assert.rejects(one.set('k', 1, options), code('INVALID_ARGUMENT'));
        await assert.rejects(counts.increment('k', 1, options), code('INVALID_ARGUMENT'));
      }
      assert.equal(one.size, 2);
    },
  },
  {
    name: 'any well-formed key is a key like any other, and nothing is there that nobody has put',
    run: async (open) => {
      const { one, two } = await open2(open);
      const keys = [
        ...['', ' ', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'é😀\u2028', '\u0000', '0'],
        'x'.repeat(1_000),
      ];
      for (const key of keys) assert.deepEqual([one.get(key), one.has(key)], [undefined, false], key);
      await Promise.all(keys.map((key, position) => one.set(key, position)));
      await until(() => two.size === keys.length, 'all keys');
      assert.deepEqual(
        [...two],
        keys.map((key, position) => [key, position]),
      );
      assert.equal(await one.delete('__proto__'), true);
      await untilSame(one, two);
      for (const key of ['\ud800', 'a\udc00', 5, null, undefined, {}] as string[]) {
        await assert.rejects(one.set(key, 1), code('INVALID_ARGUMENT'));
        await assert.rejects(one.delete(key), code('INVALID_ARGUMENT'));
        await assert.rejects((one as ReplicatedMap<number>).increment(key), code('INVALID_ARGUMENT'));
      }
      assert.equal(one.size, keys.length - 1);
    },
  },
  {
    name: 'values are what JSON makes of them, in the own replica, too',
    run: async (open) => {
      const { one, two } = await open2(open);
      let deep: unknown = 'bottom';
      for (let level = 0; level < 50; level++) deep = level % 2 === 0 ? [deep] : { deep };
      const values: readonly (readonly [unknown, unknown])[] = [
        [null, null],
        [undefined, null],
        [{ toJSON: () => undefined }, null],
        [new Date(0), '1970-01-01T00:00:00.000Z'],
        [{ gone: undefined, list: [undefined, NaN] }, { list: [null, null] }],
        [JSON.parse('{"__proto__":{"polluted":true}}'), JSON.parse('{"__proto__":{"polluted":true}}')],
        ['lone \ud800 surrogate\n\u2028', 'lone \ud800 surrogate\n\u2028'],
        ['', ''],
        [deep, deep],
        ['x'.repeat(200_000), 'x'.repeat(200_000)],
      ];
      for (const [position, [value, expected]] of values.entries()) {
        await one.set(String(position), value);
        assert.deepEqual(one.get(String(position)), expected);
        assert.equal(one.has(String(position)), true);
      }
      await untilSame(one, two);
      assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    },
  },
  {
    name: 'a value that cannot be encoded is refused, and changes nothing',
    run: async (open) => {
      const map = await (await open()).connect().map<unknown>('m');
      await map.set('k', 1);
      const cycle: { self?: unknown } = {};
      cycle.self = cycle;
      for (const value of [1n, cycle, () => 1, Symbol('s')]) {
        await assert.rejects(map.set('k', value), code('SERIALIZE'));
        await assert.rejects(
          map.update('k', () => value),
          code('SERIALIZE'),
        );
      }
      assert.deepEqual([map.get('k'), map.version], [1, 1]);
      assert.equal(await map.set('k', 2), 2);
    },
  },
  {
    name: 'a client has one replica of each name, until it is closed, and then another',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect();
      const [map, same] = await Promise.all([client.map<number>('m'), client.map<number>('m')]);
      assert.equal(map, same);
      assert.equal(await client.map('m'), map);
      assert.notEqual(await client.map('other'), map);
      await map.set('k', 1);
      let closed = 0;
      map.on('close', () => (closed += 1));
      const changes = changesOf(map);
      await Promise.all([map.close(), map.close()]);
      await map[Symbol.asyncDispose]();
      assert.deepEqual([closed, map.isStale, map.get('k'), map.size], [1, true, 1, 1]);
      await assert.rejects(map.set('k', 2), code('CLOSED'));
      await assert.rejects(map.increment('k'), code('CLOSED'));
      assert.equal((await stage.stats()).state.watchers, 1);
      const again = await client.map<number>('m');
      assert.notEqual(again, map);
      await again.set('k', 3);
      assert.deepEqual([again.get('k'), map.get('k'), changes], [3, 1, []]);
      assert.equal((await stage.stats()).state.watchers, 2);
    },
  },
  {
    name: 'maps, and the replicas of two clients, have nothing to do with each other',
    run: async (open) => {
      const stage = await open();
      const [one, two] = [stage.connect(), stage.connect()];
      const [left, right, other] = await Promise.all([one.map('m'), two.map('m'), one.map('other')]);
      await Promise.all([left.set('k', 'of m'), other.set('k', 'of other')]);
      await until(() => right.has('k'), 'the key');
      assert.deepEqual([right.get('k'), other.get('k')], ['of m', 'of other']);
      await left.close();
      await right.set('k', 'later');
      assert.deepEqual([left.get('k'), right.get('k')], ['of m', 'later']);
      await one.close();
      await right.set('k', 'last');
      await until(async () => (await stage.stats()).state.watchers === 1, 'the server to notice');
      assert.equal(other.isStale, true);
    },
  },
  {
    name: 'a large map comes whole, while another client writes to it all the time',
    run: async (open) => {
      const stage = await open();
      const writer = await stage.connect().map<string>('m');
      await Promise.all(Array.from({ length: 5_000 }, (_, n) => writer.set(`key ${n}`, textOf(n))));
      const writes = { goOn: true };
      const writing = (async () => {
        for (let n = 0; writes.goOn; n++) {
          const key = `key ${(n * 7) % 6_000}`;
          await (n % 3 === 2 ? writer.delete(key) : writer.set(key, textOf(-n)));
        }
      })();
      const replicas: ReplicatedMap<string>[] = [];
      for (let n = 0; n < 4; n++) {
        const replica = await stage.connect().map<string>('m');
        assert.ok(replica.size > 3_000, String(replica.size));
        replicas.push(replica);
      }
      writes.goOn = false;
      await writing;
      await untilSame(writer, ...replicas);
    },
  },
  {
    name: 'a map whose contents are awaited can be given up, without anything left behind',
    run: async (open) => {
      const stage = await open({ startsLate: true });
      const client = stage.connect();
      const reason = new Error('given up');
      await assert.rejects(client.map('m', { signal: AbortSignal.abort(reason) }), reason);
      await assert.rejects(client.map('m', { timeout: 20 }), code('NO_PRIMARY'));
      await assert.rejects(client.map('m', { timeout: 0 }), code('INVALID_ARGUMENT'));
      const controller = new AbortController();
      const [givenUp, patient] = [client.map('m', controller), client.map('m')];
      const both = [assert.rejects(givenUp, reason), patient] as const;
      controller.abort(reason);
      await both[0];
      const impatient = client.map('m', { timeout: 20 });
      await assert.rejects(impatient, (error) => code('TIMEOUT')(error));
      await stage.start();
      const map = await both[1];
      assert.equal(await client.map('m'), map);
      const { watchers } = (await stage.stats()).state;
      assert.equal(watchers, 1);
      const last = new AbortController();
      const late = client.map('other', last);
      last.abort(reason);
      await assert.rejects(late, reason);
      await map.set('k', 1);
      const { state, subscriptions } = await stage.stats();
      assert.deepEqual([state.watchers, subscriptions], [1, 1]);
    },
  },
  {
    name: 'the name of a map is as that of an event',
    run: async (open) => {
      const client = (await open()).connect();
      for (const name of ['', 'x'.repeat(257), '\ud800', 5 as never]) {
        await assert.rejects(client.map(name), code('INVALID_ARGUMENT'));
      }
      for (const name of ['x'.repeat(256), '__proto__', ' ', '$clustercast/']) {
        const map = await client.map<number>(name);
        assert.equal(await map.increment('n'), 1);
      }
    },
  },
  {
    name: 'when the server closes, maps are stale, stay readable, and take no writes',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect({ timeout: 300 });
      const map = await client.map<number>('m');
      await map.set('k', 1);
      const raised: string[] = [];
      for (const type of ['stale', 'fresh', 'close'] as const) map.on(type, () => raised.push(type));
      await stage.closeServer();
      await until(() => map.isStale, 'the end is noticed');
      assert.deepEqual([map.get('k'), map.size], [1, 1]);
      await fails(map.set('k', 2));
      await fails(map.increment('k'));
      await fails(map.update('k', () => 3));
      await fails(client.map('other'));
      assert.equal(map.get('k'), 1);
      await within(map.close(), 'the end of the map');
      await within(client.close(), 'the end of the client');
      assert.deepEqual(raised, ['stale', 'close']);
    },
  },
  {
    name: 'a client that closes ends its maps, and what it had written before is there',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect();
      const [map, other] = await Promise.all([client.map<number>('m'), stage.connect().map<number>('m')]);
      const written = Array.from({ length: 50 }, () => map.increment('n'));
      let closed = 0;
      map.on('close', () => (closed += 1));
      await client.close();
      await Promise.all(written);
      assert.equal(closed, 1);
      await until(() => other.get('n') === 50, 'the sum');
      await assert.rejects(map.set('n', 0), code('CLOSED'));
      await assert.rejects(client.map('m'), code('CLOSED'));
    },
  },
  {
    name: "nobody publishes or subscribes to events of the server's own, and nobody is harmed by who tries",
    run: async (open) => {
      const stage = await open();
      const [client, other] = [stage.connect(), stage.connect()];
      const map = await other.map<number>('m');
      const received: unknown[] = [];
      await other.subscribe('e', (value) => received.push(value));
      const change = { version: 1, key: 'k', value: 1 };
      const refused = ['$clustercast/map/m', '$clustercast/', '$clustercast/anything'];
      for (const name of refused) {
        await assert.rejects(client.subscribe(name), code('INVALID_ARGUMENT'));
        await assert.rejects(client.publish(name, change), code('INVALID_ARGUMENT'));
      }
      const outcomes = await Promise.allSettled(
        ['e', '$clustercast/map/m', 'e', '$clustercast/map/m', 'e'].map((name, n) =>
          client.publish(name, name === 'e' ? n : change),
        ),
      );
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'],
      );
      await until(() => received.length === 3, 'what was published beside it');
      assert.deepEqual(received, [0, 2, 4]);
      assert.deepEqual([map.size, map.version, map.isStale], [0, 0, false]);
      assert.equal((await client.publish('$clustercast', 1)).listeners, 0);
    },
  },
  ...mapLimits,
];
