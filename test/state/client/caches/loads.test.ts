/** The loads of a cache that are in flight: who shares one, what fences it, and how it ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deferred } from '#lib/client/deferred.js';
import { Loads } from '#lib/state/client/caches/loads.js';
import { code } from '../../../support/codes.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { endOfTurn } from '../../../support/turn.js';

const drop = (): void => undefined;

describe('a load', () => {
  it('is found while it is in flight, and brings what is kept before anybody else has it', async () => {
    const loads = new Loads(1_000);
    const source = deferred<string>();
    const story: unknown[] = [];
    const loading = loads.begin(
      'k',
      () => source.promise,
      false,
      (value) => story.push(['kept', value]),
    );
    void loading.then((value) => story.push(['given', value]));
    assert.equal(loads.find('k'), loading);
    assert.equal(loads.find('other'), undefined);
    source.resolve('a');
    await endOfTurn();
    assert.deepEqual(story, [
      ['kept', 'a'],
      ['given', 'a'],
    ]);
    assert.deepEqual([loads.find('k'), loads.size, loads.begun, loads.fenced], [undefined, 0, 1, 0]);
  });

  it('that is fenced brings its value to who waits, and is neither kept nor found', async () => {
    for (const all of [false, true]) {
      const loads = new Loads(1_000);
      const sources = [deferred<number>(), deferred<number>()] as const;
      const kept: unknown[] = [];
      const keep = (value: unknown): void => void kept.push(value);
      const before = loads.begin('k', () => sources[0].promise, false, keep);
      loads.fence('other');
      assert.equal(loads.find('k'), before);
      if (all) loads.fenceAll();
      else loads.fence('k');
      assert.equal(loads.find('k'), undefined);
      const after = loads.begin('k', () => sources[1].promise, false, keep);
      sources[0].resolve(1);
      assert.equal(await before, 1);
      // The end of the one is not that of the other.
      assert.equal(loads.find('k'), after);
      sources[1].resolve(2);
      assert.equal(await after, 2);
      assert.deepEqual([kept, loads.fenced, loads.begun], [[2], 1, 2]);
    }
  });

  it('that is fenced from the start is shared all the same', async () => {
    const loads = new Loads(1_000);
    const loading = loads.begin(
      'k',
      () => 1,
      true,
      () => assert.fail('it is kept'),
    );
    assert.equal(loads.find('k'), loading);
    assert.equal(await loading, 1);
    assert.equal(loads.fenced, 1);
  });

  it('may fence itself, and ask for what it loads', async () => {
    const loads = new Loads(1_000);
    const kept: unknown[] = [];
    let own: Promise<unknown> | undefined;
    const load = (): number => {
      own = loads.find('k');
      loads.fence('k');
      return 1;
    };
    const loading = loads.begin('k', load, false, (value) => kept.push(value));
    assert.equal(own, loading);
    assert.equal(await loading, 1);
    assert.deepEqual([kept, loads.fenced], [[], 1]);
  });

  it('rejects with what it throws or rejects with, or with what keeping it throws, and may be begun again', async () => {
    const loads = new Loads(1_000);
    const error = new RangeError('no');
    const failing = [
      () => {
        throw error;
      },
      () => Promise.reject(error),
    ];
    for (const load of failing) {
      await assert.rejects(loads.begin('k', load, false, drop), error);
      assert.equal(loads.find('k'), undefined);
    }
    const refuse = (): void => {
      throw error;
    };
    await assert.rejects(
      loads.begin('k', () => 1, false, refuse),
      error,
    );
    assert.equal(await loads.begin('k', () => 1, false, drop), 1);
    assert.equal(loads.size, 0);
  });

  it('disturbs nobody where nobody waits for it any more', async () => {
    const loads = new Loads(1_000);
    void loads.begin(
      'k',
      () => Promise.reject(new Error('unheard')),
      false,
      () => undefined,
    );
    await endOfTurn();
    assert.equal(loads.size, 0);
  });

  it('that takes too long is aborted, is not waited for any more, and is not kept when it ends', async (t) => {
    const clock = FakeClock.of(t);
    const loads = new Loads(1_000);
    const source = deferred<number>();
    const signals: AbortSignal[] = [];
    const load = (_key: string, { signal }: { signal: AbortSignal }): Promise<number> => {
      signals.push(signal);
      return source.promise;
    };
    const loading = loads.begin('k', load, false, () => assert.fail('it is kept'));
    clock.pass(999);
    assert.equal(signals[0]?.aborted, false);
    clock.pass(1);
    await assert.rejects(loading, code('TIMEOUT'));
    assert.ok(code('TIMEOUT')(signals[0]?.reason));
    assert.equal(loads.find('k'), undefined);
    source.resolve(1);
    await endOfTurn();
    assert.equal(clock.size, 0);
  });

  it('leaves no timer behind, however it ends', async (t) => {
    const clock = FakeClock.of(t);
    const loads = new Loads(1_000);
    await loads.begin('a', () => 1, false, drop);
    await assert.rejects(loads.begin('b', () => Promise.reject(new Error('no')), false, drop));
    assert.equal(clock.size, 0);
  });
});
