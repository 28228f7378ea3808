/** Caches: what is kept, what an invalidation drops and waits for, and who may do what. */
import assert from 'node:assert/strict';
import type { Cache, CacheOptions, Client, ClientInfo } from 'clustercast';
import { deferred, type Deferred } from '#lib/client/deferred.js';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import type { Case, Stage } from './stage.js';

/** Always the same. */
const loadOne = (): number => 1;

/** What all replicas load from. */
class Source {
  readonly values = new Map<string, number>();
  readonly loaded: string[] = [];

  readonly load = (key: string): number => {
    this.loaded.push(key);
    return this.values.get(key) ?? 0;
  };
}

/** A replica that is told of invalidations. */
async function fresh<V>(client: Client, options: CacheOptions<V>, name = 'c'): Promise<Cache<V>> {
  const cache = client.cache<V>(name, options);
  await until(() => !cache.isStale, 'it is told of invalidations');
  return cache;
}

async function pair(stage: Stage): Promise<{ source: Source; one: Cache<number>; two: Cache<number> }> {
  const source = new Source();
  const options = { load: source.load };
  const [one, two] = await Promise.all([fresh(stage.connect(), options), fresh(stage.connect(), options)]);
  return { source, one, two };
}

const clients: readonly ClientInfo[] = [
  { id: 'nothing-0123456789', maps: { c: 'write' } },
  { id: 'reader-0123456789', caches: { c: 'read' }, canPublish: false, canSubscribe: false },
  { id: 'writer-0123456789', caches: { c: 'write' }, canPublish: false, canSubscribe: false },
];

export const caches: readonly Case[] = [
  {
    name: 'a cache loads a key once, and then has it at once',
    run: async (open) => {
      const { source, one, two } = await pair(await open());
      source.values.set('k', 7);
      assert.equal(one.peek('k'), undefined);
      assert.deepEqual(await Promise.all([one.get('k'), one.get('k')]), [7, 7]);
      assert.equal(one.peek('k'), 7);
      assert.equal(await one.get('k'), 7);
      assert.deepEqual(source.loaded, ['k']);
      // Loading tells nobody anything.
      assert.equal(two.peek('k'), undefined);
      const { hits, misses, loads, size, loading, fenced } = one.stats();
      assert.deepEqual(
        { hits, misses, loads, size, loading, fenced },
        {
          hits: 1,
          misses: 2,
          loads: 1,
          size: 1,
          loading: 0,
          fenced: 0,
        },
      );
    },
  },
  {
    name: 'when an invalidation resolves, every replica has dropped what it names, and nothing else',
    run: async (open) => {
      const stage = await open();
      const { source, one, two } = await pair(stage);
      for (const key of ['a', 'b', 'c']) await Promise.all([one.get(key), two.get(key)]);
      source.values.set('a', 1);
      await one.invalidate('a');
      assert.deepEqual([one.peek('a'), two.peek('a'), two.peek('b')], [undefined, undefined, 0]);
      assert.deepEqual(await Promise.all([one.get('a'), two.get('a')]), [1, 1]);
      source.values.set('a', 2).set('b', 2);
      await two.invalidate(['a', 'b']);
      assert.deepEqual([one.peek('a'), one.peek('b'), one.peek('c')], [undefined, undefined, 0]);
      await Promise.all([one.get('a'), two.get('c')]);
      // By one who keeps nothing itself.
      await stage.connect().cache('c').clear();
      assert.deepEqual([one.stats().size, two.stats().size], [0, 0]);
      const { caches: count, cacheReplicas, invalidations } = (await stage.stats()).state;
      assert.deepEqual([count, cacheReplicas, invalidations], [1, 2, 0]);
    },
  },
  {
    name: 'an invalidation during a load fences it: who asked before gets it, who asks later does not, nobody keeps it',
    run: async (open) => {
      const stage = await open();
      const loads: Deferred<string>[] = [];
      const load = (): Promise<string> => {
        const next = deferred<string>();
        loads.push(next);
        return next.promise;
      };
      const [one, two] = await Promise.all([
        fresh(stage.connect(), { load }),
        fresh(stage.connect(), { load }),
      ]);
      const before = [one.get('k'), one.get('k')];
      await two.invalidate('k');
      const after = one.get('k');
      assert.equal(loads.length, 2);
      loads[1]?.resolve('new');
      assert.equal(await after, 'new');
      loads[0]?.resolve('old');
      assert.deepEqual(await Promise.all(before), ['old', 'old']);
      assert.deepEqual([one.peek('k'), await one.get('k'), one.stats().fenced], ['new', 'new', 1]);
    },
  },
  {
    name: 'a tag drops what has it, everywhere, and fences a load whose result may have it',
    run: async (open) => {
      const stage = await open();
      const gate = deferred<number>();
      const load = (key: string): number | Promise<number> => (key === 'slow' ? gate.promise : 1);
      const options = { load, tags: (_value: number, key: string) => [`of ${key}`, 'all'] };
      const [one, two] = await Promise.all([
        fresh(stage.connect(), options),
        fresh(stage.connect(), options),
      ]);
      await Promise.all([one.get('a'), one.get('b'), two.get('a')]);
      await one.wrap('c', () => 3, { tags: ['mine'] });
      const slow = one.get('slow');
      await two.invalidateTag('of a');
      assert.deepEqual(
        [one.peek('a'), two.peek('a'), one.peek('b'), one.peek('c')],
        [undefined, undefined, 1, 3],
      );
      gate.resolve(5);
      assert.equal(await slow, 5);
      assert.equal(one.peek('slow'), undefined);
      await two.invalidateTag(['all', 'none']);
      assert.deepEqual([one.peek('b'), one.peek('c')], [undefined, 3]);
      await two.invalidateTag('mine');
      assert.equal(one.stats().size, 0);
    },
  },
  {
    name: 'a load that fails rejects for all who wait, and nothing is kept',
    run: async (open) => {
      const stage = await open();
      let loads = 0;
      const cache = await fresh<number>(stage.connect(), {
        load: () => {
          loads += 1;
          if (loads < 3) throw new RangeError(`no ${loads}`);
          return loads;
        },
      });
      const [one, two] = await Promise.allSettled([cache.get('k'), cache.get('k')]);
      assert.deepEqual([one.status, two.status, loads], ['rejected', 'rejected', 1]);
      await assert.rejects(cache.get('k'), /no 2/);
      assert.equal(await cache.get('k'), 3);
    },
  },
  {
    name: 'the invalidations of one turn travel as one',
    run: async (open) => {
      const stage = await open();
      const { source, one, two } = await pair(stage);
      for (const key of ['a', 'b', 'c']) await two.get(key);
      const { delivered } = await stage.stats();
      await Promise.all([one.invalidate('a'), one.invalidate(['b', 'a']), one.invalidate('c')]);
      assert.equal(two.stats().size, 0);
      assert.equal((await stage.stats()).delivered - delivered, 2);
      assert.deepEqual(source.loaded, ['a', 'b', 'c']);
    },
  },
  {
    name: 'an invalidation does not wait for a replica that is closed, or whose client is',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect();
      const { one, two } = await pair(stage);
      const three = await fresh(client, { load: () => 1 });
      await Promise.all([one.get('k'), two.get('k'), three.get('k')]);
      await Promise.all([one.invalidate('k'), two.close(), client.close()]);
      await one.clear();
      await assert.rejects(two.get('k'), code('CLOSED'));
      await assert.rejects(two.invalidate('k'), code('CLOSED'));
      await assert.rejects(three.get('k'), code('CLOSED'));
      assert.equal((await stage.stats()).state.cacheReplicas, 1);
      await one.close();
      await until(async () => (await stage.stats()).state.caches === 0, 'it is forgotten');
    },
  },
  {
    name: 'a client has one cache of each name, with one set of options',
    run: async (open) => {
      const stage = await open();
      const client = stage.connect();
      const cache = client.cache<number>('c', { load: loadOne, max: 3 });
      assert.equal(client.cache('c'), cache);
      assert.equal(client.cache('c', { load: loadOne, max: 3 }), cache);
      for (const options of [
        {},
        { load: loadOne },
        { load: loadOne, max: 4 },
        { load: (): number => 1, max: 3 },
      ])
        assert.throws(() => client.cache('c', options), code('INVALID_ARGUMENT'));
      for (const options of [{ max: 0 }, { max: 1.5 }, { ttl: 0 }, { loadTimeout: 0 }])
        assert.throws(() => client.cache('d', options), code('INVALID_ARGUMENT'));
      assert.throws(() => client.cache(''), code('INVALID_ARGUMENT'));
      await assert.rejects(client.cache('e').get('k'), code('INVALID_ARGUMENT'));
      await until(() => !cache.isStale, 'it is told of invalidations');
      for (const key of ['a', 'b', 'c', 'd']) await cache.get(key);
      assert.deepEqual([cache.stats().size, cache.peek('a'), cache.peek('d')], [3, undefined, 1]);
    },
  },
  {
    name: 'a registered client may use the caches that it was granted, in the way that it was',
    run: async (open) => {
      const stage = await open({ clients });
      const [nothing, reader, writer] = clients.map(({ id }) => stage.connect({ clientId: id })) as [
        Client,
        Client,
        Client,
      ];
      const [read, written] = await Promise.all([
        fresh(reader, { load: loadOne }),
        fresh(writer, { load: loadOne }),
      ]);
      await Promise.all([read.get('k'), written.get('k')]);
      await assert.rejects(read.invalidate('k'), code('FORBIDDEN'));
      assert.deepEqual([read.peek('k'), written.peek('k')], [undefined, 1]);
      await read.get('k');
      await written.invalidate('k');
      assert.deepEqual([read.peek('k'), written.peek('k')], [undefined, undefined]);
      // It can load, and keeps nothing.
      const errors: unknown[] = [];
      nothing.on('error', (error) => errors.push(error));
      const refused = nothing.cache<number>('c', { load: loadOne });
      await until(() => errors.length > 0, 'it is refused');
      assert.equal(await refused.get('k'), 1);
      assert.deepEqual([refused.isStale, refused.peek('k')], [true, undefined]);
      await assert.rejects(refused.clear(), code('FORBIDDEN'));
      for (const name of ['__proto__', 'toString', 'C'])
        await assert.rejects(writer.cache(name).clear(), code('FORBIDDEN'));
      assert.equal((await stage.stats()).state.cacheReplicas, 2);
    },
  },
  {
    name: 'caches of different names do not disturb each other',
    run: async (open) => {
      const stage = await open();
      const [client, other] = [stage.connect(), stage.connect()];
      const [c, d] = await Promise.all([
        fresh(client, { load: loadOne }),
        fresh(client, { load: loadOne }, 'd'),
      ]);
      const gate = deferred<number>();
      await Promise.all([c.get('k'), d.get('k')]);
      const loading = d.wrap('slow', () => gate.promise);
      await Promise.all([other.cache('c').invalidate(['k', 'slow']), other.cache('c').clear()]);
      assert.deepEqual([c.peek('k'), d.peek('k'), d.stats().loading], [undefined, 1, 1]);
      gate.resolve(2);
      assert.deepEqual([await loading, d.peek('slow')], [2, 2]);
      await c.close();
      await other.cache('d').invalidate('k');
      assert.deepEqual([d.peek('k'), d.peek('slow')], [undefined, 2]);
    },
  },
  {
    name: 'an invalidation waits for who has not dropped it, until that one has, or ends',
    run: async (open) => {
      const stage = await open();
      const cache = stage.connect().cache('c');
      // By hand, so that it says nothing by itself.
      const raw = await stage.raw();
      const next = async (): Promise<Record<string, unknown>> => {
        for (;;) {
          const message = await raw.next();
          if (!Array.isArray(message)) return message as Record<string, unknown>;
        }
      };
      raw.send({ request_id: '1', method: 'cache.attach', params: { cache: 'c' } });
      const { subscription_id } = (await next())['result'] as { subscription_id: string };
      const resolved: string[] = [];
      const first = cache.invalidate('a').then(() => resolved.push('first'));
      await until(async () => (await stage.stats()).state.invalidations === 1, 'it is waited for');
      const second = cache.clear().then(() => resolved.push('second'));
      await until(async () => (await stage.stats()).state.invalidations === 2, 'both are');
      assert.deepEqual(resolved, []);
      raw.send({ request_id: '2', method: 'cache.dropped', params: { subscription_id, up_to: 1 } });
      await first;
      assert.deepEqual(resolved, ['first']);
      await assert.rejects(cache.invalidate('b', { timeout: 50 }), code('TIMEOUT'));
      raw.send({ request_id: '3', method: 'unsubscribe', params: { subscription_id } });
      await second;
      const { caches: count, invalidations } = (await stage.stats()).state;
      assert.deepEqual([count, invalidations], [0, 0]);
    },
  },
  {
    name: 'requests for caches that are nonsense are refused, and change nothing',
    run: async (open) => {
      const stage = await open({ limits: { invalidations: 1 } });
      const cache = await fresh(stage.connect(), { load: loadOne });
      await cache.get('k');
      const raw = await stage.raw();
      const nonsense: readonly (readonly [string, object])[] = [
        ['cache.attach', {}],
        ['cache.attach', { cache: 7 }],
        ['cache.invalidate', { cache: 'c' }],
        ['cache.invalidate', { cache: 'c', keys: [] }],
        ['cache.invalidate', { cache: 'c', keys: 'k' }],
        ['cache.invalidate', { cache: 'c', keys: ['k', 7] }],
        ['cache.invalidate', { cache: 'c', keys: ['k'], all: 'yes' }],
        ['cache.dropped', { subscription_id: 7, up_to: 1 }],
        ['cache.dropped', { subscription_id: '1', up_to: -1 }],
        ['cache.dropped', { subscription_id: '1', up_to: 1 }],
      ];
      for (const [i, [method, params]] of nonsense.entries()) {
        raw.send({ request_id: `n${i}`, method, params });
        const answer = (await raw.next()) as Record<string, unknown>;
        const isOthers = i === nonsense.length - 1;
        assert.deepEqual(
          [answer['request_id'], answer['status'], answer['code']],
          [`n${i}`, false, `ERR_PUBSUB_${isOthers ? 'FORBIDDEN' : 'INVALID_ARGUMENT'}`],
        );
      }
      const { caches: count, cacheReplicas, invalidations } = (await stage.stats()).state;
      assert.deepEqual([cache.peek('k'), count, cacheReplicas, invalidations], [1, 1, 1, 0]);
      // As many may be waited for as the limit says.
      raw.send({ request_id: 'a', method: 'cache.attach', params: { cache: 'c' } });
      const { result } = (await raw.next()) as { result: { subscription_id: string } };
      const waiting = cache.invalidate('other', { timeout: 5_000 });
      await until(async () => (await stage.stats()).state.invalidations === 1, 'one is waited for');
      await assert.rejects(cache.invalidate('other', { timeout: 5_000 }), code('LIMIT'));
      assert.equal(cache.peek('k'), 1);
      const { subscription_id } = result;
      raw.send({ request_id: 'd', method: 'cache.dropped', params: { subscription_id, up_to: 1 } });
      await waiting;
    },
  },
  {
    name: 'there are as many caches as the limit says, and keys as long',
    run: async (open) => {
      const stage = await open({ limits: { caches: 1, keyLength: 4 } });
      const client = stage.connect();
      const cache = await fresh(client, { load: () => 1 });
      const errors: unknown[] = [];
      client.on('error', (error) => errors.push(error));
      const other = client.cache<number>('other', { load: () => 2 });
      await until(() => errors.length > 0, 'it is refused');
      assert.ok(code('LIMIT')(errors[0]));
      await assert.rejects(cache.invalidate('12345'), code('LIMIT'));
      await cache.close();
      await until(() => !other.isStale, 'there is room for it');
    },
  },
];
