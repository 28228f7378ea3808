/** A client's cache, whose client and server the test plays: what it keeps, what it drops, and what it says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PubSubError, type CacheOptions } from 'clustercast';
import { deferred, type Deferred } from '#lib/client/deferred.js';
import type { Params, Result } from '#lib/protocol/messages.js';
import { settingsOf } from '#lib/state/client/cache-settings.js';
import { ClientCache } from '#lib/state/client/cache.js';
import { code } from '../../support/codes.js';
import { FakeClock } from '../../support/fake-clock.js';
import { holds } from '../../support/property.js';
import { endOfTurn } from '../../support/turn.js';

class Stage {
  readonly calls: { readonly method: string; readonly params: Params; readonly answer: Deferred<Result> }[] =
    [];
  readonly loads: {
    readonly key: string;
    readonly signal: AbortSignal;
    readonly value: Deferred<unknown>;
  }[] = [];
  readonly errors: unknown[] = [];
  readonly raised: string[] = [];
  attaches = 0;
  leaves = 0;
  isStale = false;
  readonly cache: ClientCache;

  constructor(options: CacheOptions<unknown> = {}) {
    const load: CacheOptions<unknown>['load'] = (key, { signal }) => {
      const value = deferred<unknown>();
      this.loads.push({ key, signal, value });
      return value.promise;
    };
    this.cache = new ClientCache('c', settingsOf({ load, ...options }, 5_000), {
      keyLength: 8,
      isStale: () => this.isStale,
      attach: () => void (this.attaches += 1),
      leave: () => Promise.resolve(void (this.leaves += 1)),
      call: (method, params) => {
        const answer = deferred<Result>();
        this.calls.push({ method, params, answer });
        return answer.promise;
      },
      failed: (error) => void this.errors.push(error),
    });
    for (const type of ['stale', 'fresh', 'close'] as const)
      this.cache.on(type, () => this.raised.push(type));
  }

  static attached(options?: CacheOptions<unknown>): Stage {
    const stage = new Stage(options);
    stage.cache.use();
    stage.cache.attached('s');
    assert.equal(stage.cache.isStale, false);
    return stage;
  }

  /** Keeps a value under a key. */
  async keep(key: string, value: unknown): Promise<void> {
    const got = this.cache.get(key);
    this.loads.at(-1)?.value.resolve(value);
    assert.equal(await got, value);
    assert.equal(this.cache.peek(key), value);
  }
}

/** What may hide an invalidation. */
const lapses: readonly (readonly [name: string, happen: (stage: Stage) => void])[] = [
  ['a gap', ({ cache }) => cache.missed()],
  ['a lost link', ({ cache }) => cache.lost()],
  [
    'silence of the server',
    (stage) => {
      stage.isStale = true;
      stage.cache.livenessChanged();
    },
  ],
  ['an invalidation that is none', ({ cache }) => cache.received({ number: 'x' })],
];

describe('a cache that may have missed an invalidation', () => {
  for (const [name, happen] of lapses) {
    it(`drops all, and keeps nothing that was being loaded: ${name}`, async () => {
      const stage = Stage.attached({ tags: () => ['t'] });
      const { cache, loads } = stage;
      await stage.keep('a', 1);
      const slow = cache.get('b');
      happen(stage);
      assert.deepEqual([cache.peek('a'), cache.stats().size, cache.stats().loading], [undefined, 0, 0]);
      // And back again, before the load ends.
      stage.isStale = false;
      if (cache.isStale) cache.attached('s2');
      const later = cache.get('b');
      assert.equal(loads.length, 3);
      loads[1]?.value.resolve('old');
      assert.equal(await slow, 'old');
      assert.deepEqual([cache.peek('b'), cache.stats().fenced], [undefined, 1]);
      loads[2]?.value.resolve('new');
      assert.equal(await later, 'new');
      assert.equal(cache.peek('b'), 'new');
    });
  }

  it('loads while it is stale, and keeps nothing, also not when it is fresh again', async () => {
    const stage = new Stage();
    const { cache, loads, raised } = stage;
    assert.equal(cache.isStale, true);
    const got = cache.get('a');
    assert.equal(stage.attaches, 1);
    cache.attached('s');
    loads[0]?.value.resolve(1);
    assert.equal(await got, 1);
    assert.equal(cache.peek('a'), undefined);
    cache.lost();
    const again = [cache.get('a'), cache.get('a')];
    assert.equal(loads.length, 2);
    loads[1]?.value.resolve(2);
    assert.deepEqual(await Promise.all(again), [2, 2]);
    assert.deepEqual([cache.peek('a'), cache.isStale, raised], [undefined, true, ['fresh', 'stale']]);
  });
});

describe('an invalidation', () => {
  it('drops here at once, and is said when the turn ends, as few requests as can be', async () => {
    const stage = Stage.attached();
    const { cache, calls } = stage;
    await stage.keep('a', 1);
    const done = Promise.all([cache.invalidate('a'), cache.invalidate(['b', 'a']), cache.invalidateTag('t')]);
    assert.equal(cache.peek('a'), undefined);
    await endOfTurn();
    assert.deepEqual(
      calls.map(({ method, params }) => [method, params]),
      [['cache.invalidate', { cache: 'c', keys: ['a', 'b'], tags: ['t'] }]],
    );
    for (const { answer } of calls.splice(0)) answer.resolve({});
    await done;
    const all = Promise.all([cache.invalidate('a'), cache.clear()]);
    cache.flush();
    assert.deepEqual(
      calls.map(({ params }) => params),
      [{ cache: 'c', all: true }],
    );
    calls[0]?.answer.resolve({});
    await all;
  });

  it('rejects where a request does, and where nobody may ask it', async () => {
    const { cache, calls } = Stage.attached();
    const refused = cache.clear();
    cache.flush();
    calls[0]?.answer.reject(new PubSubError('ERR_PUBSUB_FORBIDDEN', 'no'));
    await assert.rejects(refused, code('FORBIDDEN'));
    for (const keys of [['\ud800'], 7, [7], null])
      await assert.rejects(cache.invalidate(keys as unknown as string), code('INVALID_ARGUMENT'));
    await assert.rejects(cache.invalidate('123456789'), code('LIMIT'));
    await cache.invalidate([]);
    assert.equal(calls.length, 1);
  });

  it('with a time or a signal of its own travels alone, at once', async () => {
    const { cache, calls } = Stage.attached();
    const sent = [cache.invalidate('a'), cache.invalidate('b', { timeout: 7 })];
    await endOfTurn();
    assert.deepEqual(
      calls.map(({ params }) => params['keys']),
      [['b'], ['a']],
    );
    for (const { answer } of calls) answer.resolve({});
    await Promise.all(sent);
  });

  it('that is told is carried out, and said so once for all that came together', async () => {
    const stage = Stage.attached();
    const { cache, calls } = stage;
    for (const key of ['a', 'b', 'c']) await stage.keep(key, key);
    cache.received({ number: 1, keys: ['a'], tags: [] });
    cache.received({ number: 2, keys: ['b'], tags: [] });
    assert.deepEqual([calls.length, cache.stats().size], [0, 1]);
    await endOfTurn();
    assert.deepEqual(
      calls.map(({ method, params }) => [method, params]),
      [['cache.dropped', { subscription_id: 's', up_to: 2 }]],
    );
  });

  it('is said to be carried out again, where that was refused', async (t) => {
    const clock = FakeClock.of(t);
    const { cache, calls, errors } = Stage.attached();
    cache.received({ number: 1, all: true });
    await endOfTurn();
    calls[0]?.answer.reject(new PubSubError('ERR_PUBSUB_BACKPRESSURE', 'full'));
    await endOfTurn();
    clock.pass(1_000);
    await endOfTurn();
    assert.deepEqual([calls.length, errors.length], [2, 0]);
    calls[1]?.answer.reject(new PubSubError('ERR_PUBSUB_OUTCOME_UNKNOWN', 'lost'));
    await endOfTurn();
    clock.pass(1_000);
    await endOfTurn();
    assert.equal(calls.length, 2);
  });
});

describe('a load', () => {
  it('that takes too long is given up, for all, and the next one begins anew', async (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.attached({ loadTimeout: 50 });
    const { cache, loads } = stage;
    const waiting = [cache.get('a'), cache.get('a')];
    clock.pass(51);
    for (const result of await Promise.allSettled(waiting))
      assert.ok(result.status === 'rejected' && code('TIMEOUT')(result.reason));
    assert.equal(loads[0]?.signal.aborted, true);
    await stage.keep('a', 2);
    loads[0]?.value.resolve(1);
    await endOfTurn();
    assert.equal(cache.peek('a'), 2);
  });

  it('goes on for others where one gives up', async (t) => {
    const clock = FakeClock.of(t);
    const { cache, loads } = Stage.attached();
    const [patient, hasty] = [cache.get('a'), cache.get('a', { timeout: 10 })];
    const controller = new AbortController();
    const third = cache.get('a', { signal: controller.signal });
    clock.pass(11);
    await assert.rejects(hasty, code('TIMEOUT'));
    controller.abort();
    await assert.rejects(third, /abort/i);
    loads[0]?.value.resolve(1);
    assert.equal(await patient, 1);
    assert.deepEqual([loads.length, cache.peek('a')], [1, 1]);
  });

  it('keeps no undefined, and nothing whose tags are none', async () => {
    const { cache, loads } = Stage.attached({
      tags: (value) => (value === 1 ? [7 as unknown as string] : []),
    });
    const none = cache.get('a');
    loads[0]?.value.resolve(undefined);
    assert.equal(await none, undefined);
    const wrong = cache.get('b');
    loads[1]?.value.resolve(1);
    await assert.rejects(wrong, code('INVALID_ARGUMENT'));
    assert.equal(cache.stats().size, 0);
  });

  it('ends for those who wait, also where its cache ends before, and is kept by nobody', async () => {
    const stage = Stage.attached();
    const { cache, loads } = stage;
    await stage.keep('b', 1);
    const waiting = cache.get('a');
    await cache.close();
    loads[1]?.value.resolve(2);
    assert.equal(await waiting, 2);
    await assert.rejects(cache.get('b'), code('CLOSED'));
    await assert.rejects(cache.invalidate('b'), code('CLOSED'));
    assert.deepEqual([cache.size, stage.leaves, stage.raised], [0, 1, ['fresh', 'close']]);
    cache.attached('s2');
    cache.received({ number: 1, all: true });
    assert.equal(cache.isStale, true);
  });

  it('that fails where nobody waits any more raises nothing', async () => {
    const { cache, loads } = Stage.attached();
    const controller = new AbortController();
    const waiting = cache.get('a', { signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, /abort/i);
    loads[0]?.value.reject(new Error('late'));
    await endOfTurn();
  });

  it('counts once for all who ask, whatever it throws', async () => {
    const { cache } = Stage.attached({
      load: () => {
        throw new RangeError('no');
      },
    });
    const results = await Promise.allSettled([cache.get('a'), cache.get('a'), cache.wrap('a', () => 1)]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'rejected', 'rejected'],
    );
    assert.deepEqual([cache.stats().misses, cache.stats().loads], [3, 1]);
    assert.equal(await cache.wrap('a', () => 1), 1);
    assert.equal(cache.peek('a'), 1);
  });
});

/** One step of what may happen to a cache of three keys. */
type Step =
  | { readonly do: 'get' | 'write' | 'tag'; readonly key: number }
  | { readonly do: 'finish'; readonly which: number }
  | { readonly do: 'lapse'; readonly which: number }
  | { readonly do: 'attach' };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('get', 'get', 'write', 'tag'), key: fc.nat(2) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('finish'), which: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lapse'), which: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('attach') }) },
);

describe('whatever happens to a cache', () => {
  it('who asks after an invalidation was carried out here gets nothing older, unless it is stale', () =>
    holds(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const store = [0, 0, 0];
        const loads: { done: Deferred<number>; value: number }[] = [];
        const options: CacheOptions<unknown> = {
          tags: (_value, key) => [`t${key}`],
          load: (key) => {
            // It has read the store, and takes its time.
            const load = { done: deferred<number>(), value: store[Number(key)] ?? 0 };
            loads.push(load);
            return load.done.promise;
          },
        };
        const stage = Stage.attached(options);
        const { cache } = stage;
        const checks: Promise<void>[] = [];
        let number = 0;
        for (const each of steps) {
          if (each.do === 'get') {
            const [least, wasStale] = [store[each.key] ?? 0, cache.isStale];
            const got = cache.get(String(each.key));
            checks.push(
              got.then((value) =>
                assert.ok(wasStale || Number(value) >= least, `${String(value)} < ${least}`),
              ),
            );
          } else if (each.do === 'write' || each.do === 'tag') {
            store[each.key] = (store[each.key] ?? 0) + 1;
            number += 1;
            const keys = each.do === 'write' ? [String(each.key)] : [];
            const tags = each.do === 'tag' ? [`t${each.key}`] : [];
            // One that is not attached is told nothing.
            if (!cache.isStale) cache.received({ number, keys, tags });
          } else if (each.do === 'finish') {
            const [load] = loads.splice(each.which % Math.max(1, loads.length), 1);
            load?.done.resolve(load.value);
            await endOfTurn();
          } else if (each.do === 'lapse') {
            lapses[each.which]?.[1](stage);
          } else {
            stage.isStale = false;
            if (cache.isStale) cache.attached('s');
            cache.livenessChanged();
          }
        }
        for (const { done, value } of loads) done.resolve(value);
        await Promise.all(checks);
      }),
      300,
    ));
});
