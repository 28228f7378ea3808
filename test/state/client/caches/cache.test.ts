/** A client's cache, whose client the test plays: what it holds, when it holds nothing, and what it says. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PubSubError, type CacheOptions, type RequestOptions } from 'clustercast';
import { deferred, type Deferred } from '#lib/client/deferred.js';
import type { Params, Result } from '#lib/protocol/messages.js';
import { settingsOf } from '#lib/state/client/caches/settings.js';
import { ClientCache, type CacheHost } from '#lib/state/client/caches/cache.js';
import { code } from '../../../support/codes.js';
import { endOfTurn, withinTurn } from '../../../support/turn.js';

interface Call {
  readonly method: string;
  readonly params: Params;
  readonly length: number;
  readonly options: RequestOptions | undefined;
  readonly answer: Deferred<Result>;
}

class Stage {
  readonly calls: Call[] = [];
  readonly errors: unknown[] = [];
  /** What the cache raised, in order. */
  readonly raised: unknown[] = [];
  readonly loaded: string[] = [];
  attached = 0;
  left = 0;
  isStale = false;
  /** What the next loads wait for. */
  gate: Deferred<unknown> | undefined;
  readonly cache: ClientCache;

  constructor(options: CacheOptions<unknown> = {}) {
    const host: CacheHost = {
      keyLength: 8,
      isStale: () => this.isStale,
      call: (method, params, length, requestOptions) => {
        const answer = deferred<Result>();
        this.calls.push({ method, params, length, options: requestOptions, answer });
        return answer.promise;
      },
      attach: () => void (this.attached += 1),
      leave: () => Promise.resolve(void (this.left += 1)),
      failed: (error) => void this.errors.push(error),
    };
    const load = (key: string): unknown => {
      this.loaded.push(key);
      return this.gate?.promise ?? `${key} ${this.loaded.length}`;
    };
    this.cache = new ClientCache('c', settingsOf({ load, ...options }, 5_000), host);
    for (const type of ['stale', 'fresh', 'close'] as const)
      this.cache.on(type, () => this.raised.push(type));
    this.cache.on('invalidate', (what) => this.raised.push(what));
  }

  /** One that is told of invalidations, and holds `a` and `b`. */
  static async holding(options?: CacheOptions<unknown>): Promise<Stage> {
    const stage = new Stage(options);
    stage.cache.attached('s1', 0);
    for (const key of ['a', 'b']) await stage.cache.get(key);
    assert.deepEqual(stage.held, ['a', 'b']);
    stage.raised.length = 0;
    return stage;
  }

  /** Which of some keys it holds. */
  get held(): string[] {
    return ['a', 'b', 'c'].filter((key) => this.cache.peek(key) !== undefined);
  }

  /** Begins a load that ends when the test says so. */
  begin(key: string): { readonly value: Promise<unknown>; readonly end: (value: unknown) => void } {
    const gate = deferred<unknown>();
    this.gate = gate;
    const value = this.cache.get(key);
    this.gate = undefined;
    return { value, end: gate.resolve };
  }

  silence(isStale: boolean): void {
    this.isStale = isStale;
    this.cache.livenessChanged();
  }

  /** What it has called since the last look. */
  async asked(): Promise<Call[]> {
    await endOfTurn();
    return this.calls.splice(0);
  }

  async askedOne(method: string): Promise<Call> {
    const [call, ...others] = await this.asked();
    assert.ok(call !== undefined && others.length === 0, `${others.length} other calls`);
    assert.equal(call.method, method);
    return call;
  }
}

const everything = { keys: [], tags: [], all: true };

/** Each of them may hide an invalidation. */
const losses: readonly (readonly [string, (stage: Stage) => void])[] = [
  ['a gap', ({ cache }) => cache.missed(1)],
  ['the loss of the link', ({ cache }) => cache.lost()],
  ['silence of the server', (stage) => stage.silence(true)],
  ['nonsense from the server', ({ cache }) => cache.received({ number: 'one' })],
  ['an invalidation of all', ({ cache }) => cache.received({ number: 1, all: true })],
  [
    'a new link',
    ({ cache }) => {
      cache.lost();
      cache.attached('s2', 0);
    },
  ],
  [
    'a silence that is over',
    (stage) => {
      stage.silence(true);
      stage.silence(false);
    },
  ],
];

const neverLoad = (): never => assert.fail('it is loaded');

describe('a cache', () => {
  it('asks to be told when it is first to hold something, and once', async () => {
    const first = new Stage();
    await first.cache.invalidate([]);
    void first.cache.invalidate('a').catch(() => undefined);
    first.cache.peek('a');
    assert.equal(first.attached, 0);
    await first.cache.get('a');
    await first.cache.wrap('b', () => 1);
    assert.equal(first.attached, 1);
    const second = new Stage();
    void second.cache.ready;
    void second.cache.ready;
    assert.equal(second.attached, 1);
  });

  it('does not ask for it when it has ended', async () => {
    const stage = new Stage();
    await stage.cache.close();
    await assert.rejects(stage.cache.ready, code('CLOSED'));
    assert.equal(stage.attached, 0);
  });

  it('holds what it loads while it is told of invalidations, and nothing before', async () => {
    const { cache, loaded, raised } = new Stage();
    assert.equal(await cache.get('a'), 'a 1');
    assert.equal(await cache.get('a'), 'a 2');
    assert.deepEqual([cache.isStale, cache.size, cache.peek('a')], [true, 0, undefined]);
    cache.attached('s1', 0);
    await cache.ready;
    assert.equal(await cache.get('a'), 'a 3');
    assert.equal(await cache.get('a'), 'a 3');
    assert.deepEqual([cache.isStale, cache.size, loaded.length, raised], [false, 1, 3, ['fresh']]);
    assert.deepEqual(cache.stats(), { size: 1, hits: 1, misses: 3, loads: 3, loading: 0, fenced: 2 });
  });

  it('keeps null, and anything else but undefined', async () => {
    const values: unknown[] = [null, 0, '', false, undefined];
    for (const value of values) {
      let loads = 0;
      const load = (): unknown => {
        loads += 1;
        return value;
      };
      const { cache } = new Stage({ load });
      cache.attached('s1', 0);
      assert.deepEqual([await cache.get('a'), await cache.get('a')], [value, value]);
      assert.equal(loads, value === undefined ? 2 : 1, String(value));
    }
  });

  it('is not fresh where the server gives no sign of life yet', async () => {
    const stage = new Stage();
    stage.isStale = true;
    stage.cache.attached('s1', 0);
    await stage.cache.get('a');
    assert.deepEqual([stage.cache.isStale, stage.held, stage.raised], [true, [], []]);
    stage.silence(false);
    await stage.cache.ready;
    assert.deepEqual([stage.cache.isStale, stage.raised], [false, ['fresh']]);
  });

  for (const [what, lose] of losses) {
    it(`drops all by ${what}, and keeps nothing of what it is loading`, async () => {
      const stage = await Stage.holding();
      const load = stage.begin('c');
      lose(stage);
      assert.deepEqual(stage.held, []);
      // Who asks now is given another load.
      const later = stage.cache.get('c');
      load.end('old');
      assert.equal(await load.value, 'old');
      assert.match(String(await later), /^c /);
      assert.notEqual(stage.cache.peek('c'), 'old');
      assert.equal(stage.loaded.length, 4);
    });
  }

  it('says what it is by what it raises', async () => {
    const stage = await Stage.holding();
    stage.silence(true);
    stage.silence(true);
    stage.cache.lost();
    assert.deepEqual(stage.raised.splice(0), ['stale']);
    stage.isStale = false;
    stage.cache.attached('s2', 0);
    stage.cache.attached('s3', 0);
    stage.cache.missed(1);
    stage.cache.received({ number: 1, keys: ['a'], tags: ['x'] });
    assert.deepEqual(stage.raised, ['fresh', everything, { keys: ['a'], tags: ['x'], all: false }]);
    await stage.cache.close();
    assert.equal(stage.raised.at(-1), 'close');
  });

  it('that is refused loads each time', async () => {
    const { cache, loaded } = new Stage();
    const error = new PubSubError('ERR_PUBSUB_FORBIDDEN', 'no');
    const { ready } = cache;
    cache.refused(error);
    await assert.rejects(ready, error);
    await cache.get('a');
    await cache.get('a');
    assert.deepEqual([loaded.length, cache.size, cache.isStale], [2, 0, true]);
  });

  it('has listeners that come and go, and one that throws raises an error', async () => {
    const { cache, errors } = new Stage();
    const thrown = new Error('listener');
    let heard = 0;
    const listener = (): void => void (heard += 1);
    cache
      .on('fresh', () => {
        throw thrown;
      })
      .on('fresh', listener)
      .once('stale', listener)
      .on('close', listener)
      .off('close', listener);
    cache.attached('s1', 0);
    cache.lost();
    cache.attached('s2', 0);
    cache.lost();
    await cache.close();
    assert.deepEqual([heard, errors], [3, [thrown, thrown]]);
  });
});

describe('what a cache is told to drop', () => {
  it('is dropped at once, and said to be when it is, once for all that comes together', async () => {
    const stage = await Stage.holding();
    stage.cache.received({ number: 1, keys: ['a'] });
    assert.deepEqual([stage.held, stage.calls.length], [['b'], 0]);
    stage.cache.received({ number: 2, keys: ['b'], tags: [] });
    const { params } = await stage.askedOne('cache.dropped');
    assert.deepEqual(params, { subscription_id: 's1', up_to: 2 });
    assert.deepEqual(stage.held, []);
  });

  it('fences the load of what it names, and no other', async () => {
    const stage = await Stage.holding();
    const load = stage.begin('c');
    stage.cache.received({ number: 1, keys: ['a'] });
    assert.equal(stage.cache.stats().loading, 1);
    stage.cache.received({ number: 2, keys: ['c'] });
    assert.equal(stage.cache.stats().loading, 0);
    load.end('old');
    await load.value;
    assert.deepEqual(stage.held, ['b']);
    assert.equal(stage.cache.stats().fenced, 1);
  });

  it('by a tag fences every load, whose tags nobody knows yet', async () => {
    const stage = await Stage.holding({ tags: (_value, key) => [`of ${key}`] });
    const load = stage.begin('c');
    stage.cache.received({ number: 1, tags: ['of a', 'of c'] });
    assert.deepEqual(stage.held, ['b']);
    load.end('old');
    await load.value;
    assert.deepEqual(stage.held, ['b']);
  });

  it('is not said to be dropped on a link that is lost, nor by one that has ended', async () => {
    const stage = await Stage.holding();
    stage.cache.received({ number: 1, keys: ['a'] });
    stage.cache.lost();
    assert.deepEqual(await stage.asked(), []);
    stage.cache.attached('s2', 0);
    stage.cache.received({ number: 7, keys: ['a'] });
    stage.cache.ended(undefined);
    assert.deepEqual(await stage.asked(), []);
  });

  it('and was left out is said to be dropped when that is told, with all that was', async () => {
    const stage = await Stage.holding();
    stage.cache.lost();
    stage.cache.attached('s2', 5);
    stage.cache.missed(3);
    const { params } = await stage.askedOne('cache.dropped');
    assert.deepEqual(params, { subscription_id: 's2', up_to: 8 });
    stage.cache.received({ number: 9, keys: ['a'] });
    stage.cache.missed(2);
    assert.deepEqual((await stage.askedOne('cache.dropped')).params, { subscription_id: 's2', up_to: 11 });
    // It is not known how many.
    stage.cache.missed(undefined);
    assert.deepEqual(await stage.asked(), []);
  });

  it('that is nonsense drops all, raises an error and is not said to be dropped', async () => {
    const nonsense = [
      null,
      7,
      'all',
      [],
      {},
      { number: -1, keys: [] },
      { number: 1, keys: 'a' },
      { number: 1, keys: [1] },
      { number: 1, tags: [null] },
      { number: 1, all: 'yes' },
      { number: 1.5 },
    ];
    for (const value of nonsense) {
      const stage = await Stage.holding();
      stage.cache.received(value);
      assert.deepEqual([stage.held, stage.raised], [[], [everything]], JSON.stringify(value));
      assert.ok(stage.errors.length === 1 && code('PROTOCOL')(stage.errors[0]));
      assert.deepEqual(await stage.asked(), []);
      await stage.cache.get('a');
      assert.deepEqual(stage.held, ['a']);
    }
  });
});

describe('an invalidation by a cache', () => {
  it('drops here at once, travels with others of its turn, and resolves with its answer', async () => {
    const stage = await Stage.holding({ tags: (_value, key) => [`of ${key}`] });
    const load = stage.begin('c');
    let ended = 0;
    const outcomes = [stage.cache.invalidate(['a', 'c']), stage.cache.invalidateTag('of b')];
    for (const outcome of outcomes) void outcome.then(() => (ended += 1));
    assert.deepEqual([stage.held, stage.cache.stats().loading, stage.calls.length], [[], 0, 0]);
    const { params, length, answer } = await stage.askedOne('cache.invalidate');
    assert.deepEqual(params, { cache: 'c', keys: ['a', 'c'], tags: ['of b'] });
    assert.equal(length, 6);
    assert.equal(ended, 0);
    answer.resolve({});
    await Promise.all(outcomes);
    load.end('old');
    await load.value;
    assert.deepEqual(stage.held, []);
  });

  it('of all says so', async () => {
    const stage = await Stage.holding();
    const load = stage.begin('c');
    const cleared = stage.cache.clear();
    assert.deepEqual(stage.held, []);
    const { params, answer } = await stage.askedOne('cache.invalidate');
    assert.deepEqual(params, { cache: 'c', all: true });
    answer.resolve({});
    await cleared;
    load.end('old');
    await load.value;
    assert.deepEqual(stage.held, []);
  });

  it('with a time or a signal of its own travels alone', async () => {
    const stage = await Stage.holding();
    const options = { timeout: 5 };
    const outcomes = [stage.cache.invalidate('a', options), stage.cache.clear(options)];
    assert.deepEqual(
      stage.calls.map(({ params, options: given }) => [params, given]),
      [
        [{ cache: 'c', keys: ['a'] }, options],
        [{ cache: 'c', all: true }, options],
      ],
    );
    for (const { answer } of stage.calls) answer.resolve({});
    await Promise.all(outcomes);
  });

  it('that fails has dropped here all the same', async () => {
    const stage = await Stage.holding();
    const error = new PubSubError('ERR_PUBSUB_TIMEOUT', 'too late');
    const refused = assert.rejects(stage.cache.invalidate('a'), error);
    (await stage.askedOne('cache.invalidate')).answer.reject(error);
    await refused;
    assert.deepEqual(stage.held, ['b']);
  });

  it('of what is no key, or of nothing, sends nothing and drops nothing', async () => {
    const stage = await Stage.holding();
    const { cache } = stage;
    for (const key of [undefined, null, 7, {}, '\ud800', ['a', 7], ['a', '\ud800']]) {
      await assert.rejects(withinTurn(cache.invalidate(key as string)), code('INVALID_ARGUMENT'));
      await assert.rejects(withinTurn(cache.invalidateTag(key as string)), code('INVALID_ARGUMENT'));
    }
    for (const key of ['123456789', ['a', '123456789']]) {
      await assert.rejects(withinTurn(cache.invalidate(key)), code('LIMIT'));
      await assert.rejects(withinTurn(cache.invalidateTag(key)), code('LIMIT'));
    }
    await cache.invalidate([]);
    await cache.invalidateTag([]);
    assert.deepEqual([stage.held, await stage.asked()], [['a', 'b'], []]);
  });
});

describe('what a cache is asked for', () => {
  it('is loaded once for all who ask meanwhile, by whichever of them was first', async () => {
    const stage = await Stage.holding();
    const load = stage.begin('c');
    const others = [stage.cache.get('c'), stage.cache.wrap('c', () => assert.fail('it is loaded already'))];
    load.end('c');
    assert.deepEqual(await Promise.all([load.value, ...others]), ['c', 'c', 'c']);
    assert.equal(await stage.cache.wrap('c', () => assert.fail('it is there')), 'c');
    assert.deepEqual([stage.cache.stats().hits, stage.cache.stats().misses], [1, 5]);
  });

  it('is waited for no longer than its signal says, which does not end the load', async () => {
    const stage = await Stage.holding();
    const controller = new AbortController();
    const reason = new Error('no longer');
    const load = stage.begin('c');
    const given = assert.rejects(stage.cache.get('c', { signal: controller.signal }), reason);
    controller.abort(reason);
    await given;
    load.end('c');
    assert.equal(await load.value, 'c');
    assert.deepEqual(stage.held, ['a', 'b', 'c']);
    await assert.rejects(stage.cache.get('d', { signal: controller.signal }), reason);
    assert.equal(stage.loaded.includes('d'), false);
    const other = new AbortController();
    assert.match(String(await stage.cache.get('e', { signal: other.signal })), /^e/);
    other.abort();
  });

  it('is not loaded where it is no key, or its entry could not be', async () => {
    const stage = new Stage();
    const { cache } = stage;
    for (const key of [undefined, null, 7, '\ud800'])
      await assert.rejects(cache.wrap(key as string, neverLoad), code('INVALID_ARGUMENT'));
    await assert.rejects(cache.wrap('123456789', neverLoad), code('LIMIT'));
    for (const ttl of [0, -1, 0.5, NaN, '5'])
      await assert.rejects(cache.wrap('k', neverLoad, { ttl: ttl as number }), code('INVALID_ARGUMENT'));
    for (const tags of [7, [7], ['\ud800']])
      await assert.rejects(cache.wrap('k', neverLoad, { tags: tags as string[] }), code('INVALID_ARGUMENT'));
    const many = Array.from({ length: 65 }, (_, i) => `${i}`);
    for (const tags of [many, ['123456789']])
      await assert.rejects(cache.wrap('k', neverLoad, { tags }), code('LIMIT'));
    await assert.rejects(cache.wrap('k', undefined as unknown as () => 1), code('INVALID_ARGUMENT'));
    assert.deepEqual([cache.stats().misses, stage.attached], [0, 0]);
    await cache.wrap('k', () => 1, { tags: many.slice(1), ttl: 5 });
  });

  it('is not kept where its tags are none, which rejects', async () => {
    const tags: readonly unknown[] = [7, [7], ['123456789']];
    for (const made of tags) {
      const { cache } = new Stage({ tags: () => made as string[] });
      cache.attached('s1', 0);
      await assert.rejects(cache.get('a'), PubSubError);
      assert.equal(cache.size, 0);
    }
  });

  it('may be invalidated by its own load', async () => {
    const stage: Stage = new Stage({
      load: () => {
        void stage.cache.clear().catch(() => undefined);
        return 'old';
      },
    });
    stage.cache.attached('s1', 0);
    assert.equal(await stage.cache.get('a'), 'old');
    assert.deepEqual(stage.held, []);
  });
});

describe('a cache that has ended', () => {
  it('holds nothing, gives nothing, and lets loads end for who waits', async () => {
    const stage = await Stage.holding();
    const load = stage.begin('c');
    const sent = stage.cache.invalidate('a');
    await Promise.all([stage.cache.close(), stage.cache[Symbol.asyncDispose]()]);
    assert.deepEqual([stage.held, stage.cache.size, stage.raised], [[], 0, ['close']]);
    // What was invalidated before is sent.
    const { answer } = await stage.askedOne('cache.invalidate');
    answer.resolve({});
    await sent;
    load.end('c');
    assert.equal(await load.value, 'c');
    assert.deepEqual([stage.held, stage.cache.isStale], [[], true]);
    for (const asked of [
      stage.cache.get('a'),
      stage.cache.wrap('a', () => 1),
      stage.cache.invalidate('a'),
      stage.cache.invalidateTag('a'),
      stage.cache.clear(),
    ])
      await assert.rejects(asked, code('CLOSED'));
    // Whatever still comes.
    stage.cache.attached('s2', 0);
    stage.silence(true);
    stage.silence(false);
    stage.cache.lost();
    assert.deepEqual([stage.raised, stage.cache.isStale, stage.errors], [['close'], true, []]);
  });

  it('by its own load holds nothing', async () => {
    const stage: Stage = new Stage({
      load: () => {
        void stage.cache.close();
        return 'old';
      },
    });
    stage.cache.attached('s1', 0);
    assert.equal(await stage.cache.get('a'), 'old');
    assert.deepEqual(stage.held, []);
  });

  it('with an error says so to who waits for it', async () => {
    const stage = new Stage();
    const { ready } = stage.cache;
    const error = new PubSubError('ERR_PUBSUB_PROTOCOL', 'nonsense');
    stage.cache.ended(error);
    await assert.rejects(ready, error);
  });
});

describe('the options of a cache', () => {
  it('are looked at before it is there', () => {
    const bad: object[] = [
      { load: 7 },
      { load: null },
      { tags: 'x' },
      ...[0, -1, 1.5, NaN, '5', null, 16_777_217].map((max) => ({ max })),
      ...[0, -1, 1.5, Infinity, '5', null].map((ttl) => ({ ttl })),
      ...[0, -1, NaN, '5', null, 0x80000000].map((loadTimeout) => ({ loadTimeout })),
    ];
    for (const options of bad)
      assert.throws(() => settingsOf(options, 5), code('INVALID_ARGUMENT'), JSON.stringify(options));
    for (const options of [null, 7]) {
      assert.throws(() => settingsOf(options as unknown as object, 5), code('INVALID_ARGUMENT'));
    }
    const undefinedOnes = { load: undefined, max: undefined, ttl: undefined, tags: undefined };
    assert.deepEqual(settingsOf({ ...undefinedOnes, loadTimeout: undefined }, 5), {
      ...undefinedOnes,
      max: 10_000,
      loadTimeout: 5,
    });
  });
});
