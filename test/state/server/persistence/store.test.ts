/** When state is saved: not too often, never twice at once, again after a failure, and at the end. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { deferred, type Deferred } from '#lib/client/deferred.js';
import { Store, type StateOptions } from '#lib/state/server/persistence/store.js';
import { code } from '../../../support/codes.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { endOfTurn } from '../../../support/turn.js';

/** A store of a state that is a number, saved into `texts`. */
class Stage {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly texts: string[] = [];
  readonly errors: unknown[] = [];
  /** Saves that have begun; each ends at once unless `waits`. */
  readonly saves: Deferred<void>[] = [];
  waits = false;
  /** What a save throws. */
  error: Error | undefined;
  state = 0;
  /** Parts that come before the end of each spelling. */
  parts = 0;
  isSaving = false;

  constructor(t: TestContext, options: Partial<StateOptions> = {}) {
    this.clock = FakeClock.of(t);
    const save = async (text: string): Promise<void> => {
      const ended = deferred<void>();
      this.saves.push(ended);
      assert.equal(this.isSaving, false, 'two saves at once');
      this.isSaving = true;
      if (!this.waits) ended.resolve(undefined);
      try {
        await ended.promise;
        if (this.error !== undefined) throw this.error;
        this.texts.push(text);
      } finally {
        this.isSaving = false;
      }
    };
    const onSaveError = (error: unknown): void => void this.errors.push(error);
    const whole = { load: () => 'loaded', save, debounce: 100, timeout: 5_000, onSaveError, ...options };
    this.store = new Store(whole, () => {
      let left = this.parts;
      return { next: () => left-- > 0, end: () => String(this.state) };
    });
  }

  change(): void {
    this.state += 1;
    this.store.changed();
  }

  async pass(time: number): Promise<void> {
    this.clock.pass(time);
    for (let turn = 0; turn < this.parts + 3; turn++) await endOfTurn();
  }
}

describe('a store', () => {
  it('saves what has changed in a while at once, and nothing where nothing has', async (t) => {
    const stage = new Stage(t);
    await stage.pass(10_000);
    stage.change();
    await stage.pass(99);
    stage.change();
    assert.deepEqual([stage.texts, stage.store.stats().isUnsaved], [[], true]);
    await stage.pass(1);
    assert.deepEqual(stage.texts, ['2']);
    await stage.pass(10_000);
    assert.deepEqual(stage.texts, ['2']);
    assert.deepEqual(stage.store.stats(), { saves: 1, failedSaves: 0, isUnsaved: false });
    assert.equal(stage.clock.size, 0);
  });

  it('saves under constant change, too, and once per debounce', async (t) => {
    const stage = new Stage(t);
    for (let n = 0; n < 100; n++) {
      stage.change();
      await stage.pass(10);
    }
    // The first change of each while begins it.
    assert.equal(stage.texts.length, 10);
  });

  it('without a debounce saves at the next opportunity', async (t) => {
    const stage = new Stage(t, { debounce: 0 });
    stage.change();
    await stage.pass(1);
    assert.deepEqual(stage.texts, ['1']);
  });

  it('saves once more what changes during a save, after it, and never twice at once', async (t) => {
    const stage = new Stage(t);
    stage.waits = true;
    stage.change();
    await stage.pass(100);
    for (let n = 0; n < 5; n++) {
      stage.change();
      await stage.pass(500);
    }
    assert.deepEqual([stage.saves.length, stage.errors], [1, []]);
    stage.saves[0]?.resolve();
    await stage.pass(0);
    assert.deepEqual([stage.texts, stage.store.stats().isUnsaved], [['1'], true]);
    await stage.pass(99);
    assert.equal(stage.saves.length, 1);
    await stage.pass(1);
    stage.saves[1]?.resolve();
    await stage.pass(0);
    assert.deepEqual([stage.texts, stage.store.stats().isUnsaved], [['1', '6'], false]);
  });

  it('has in a text what changes while it is spelled', async (t) => {
    const stage = new Stage(t);
    stage.parts = 3;
    stage.change();
    stage.clock.pass(100);
    await endOfTurn();
    stage.change();
    await stage.pass(0);
    assert.deepEqual(stage.texts, ['2']);
    await stage.pass(1_000);
    assert.deepEqual([stage.texts, stage.store.stats().isUnsaved], [['2'], false]);
  });

  it('tries again after a second where a save fails, with what has changed meanwhile, and says so', async (t) => {
    const stage = new Stage(t);
    stage.error = new Error('disk full');
    stage.change();
    await stage.pass(100);
    assert.deepEqual(stage.errors, [stage.error]);
    assert.deepEqual(stage.store.stats(), { saves: 0, failedSaves: 1, isUnsaved: true });
    // A place that is out of order keeps no process alive.
    assert.equal(stage.clock.holding, 0);
    stage.change();
    await stage.pass(999);
    assert.equal(stage.saves.length, 1);
    await stage.pass(1);
    assert.equal(stage.errors.length, 2);
    stage.error = undefined;
    await stage.pass(1_000);
    assert.deepEqual(stage.texts, ['2']);
    assert.deepEqual(stage.store.stats(), { saves: 1, failedSaves: 2, isUnsaved: false });
  });

  it('survives a save that throws at once, a text that cannot be spelled, and an onSaveError that throws', async (t) => {
    const error = new Error('at once');
    const throwing = new Stage(t, {
      save: () => {
        throw error;
      },
      onSaveError: () => {
        throw new Error('and again');
      },
    });
    throwing.change();
    await throwing.pass(100);
    assert.equal(throwing.store.stats().failedSaves, 1);
    await assert.rejects(throwing.store.close(), error);
    const rejecting = new Stage(t, {
      save: () => Promise.reject(error),
      onSaveError: () => Promise.reject(error),
    });
    rejecting.change();
    await rejecting.pass(100);
    await assert.rejects(rejecting.store.close(), error);
    let isTooLong = true;
    const texts: string[] = [];
    const end = (): string => {
      if (isTooLong) throw new RangeError('Invalid string length');
      return 'shorter';
    };
    const options = { load: () => undefined, save: (text: string) => void texts.push(text) };
    const store = new Store(options, () => ({ next: () => false, end }));
    store.changed();
    await throwing.pass(100);
    assert.deepEqual(store.stats(), { saves: 0, failedSaves: 1, isUnsaved: true });
    isTooLong = false;
    await throwing.pass(1_000);
    assert.deepEqual(texts, ['shorter']);
  });

  it('says that a save does not end, begins no other one, and goes on when it has ended', async (t) => {
    const stage = new Stage(t);
    stage.waits = true;
    stage.change();
    await stage.pass(100);
    stage.change();
    await stage.pass(5_000);
    assert.ok(stage.errors.length === 1 && code('TIMEOUT')(stage.errors[0]));
    await stage.pass(60_000);
    assert.deepEqual([stage.saves.length, stage.store.stats().failedSaves], [1, 1]);
    stage.waits = false;
    stage.saves[0]?.resolve();
    await stage.pass(0);
    await stage.pass(100);
    assert.deepEqual(stage.texts, ['1', '2']);
    assert.deepEqual(stage.store.stats(), { saves: 1, failedSaves: 1, isUnsaved: false });
  });

  it('says once of a save that it does not end, also where it fails in the end', async (t) => {
    const stage = new Stage(t);
    stage.waits = true;
    stage.error = new Error('late');
    stage.change();
    await stage.pass(100);
    await stage.pass(5_000);
    stage.saves[0]?.resolve();
    await stage.pass(0);
    assert.deepEqual([stage.errors.length, stage.store.stats().isUnsaved], [1, true]);
    stage.error = undefined;
    stage.waits = false;
    await stage.pass(1_000);
    assert.deepEqual(stage.texts, ['1']);
  });
});

describe('a store that closes', () => {
  it('saves what is not saved at once, and never again', async (t) => {
    const stage = new Stage(t);
    stage.change();
    await stage.store.close();
    assert.deepEqual([stage.texts, stage.clock.size], [['1'], 0]);
    stage.change();
    await stage.pass(10_000);
    assert.equal(stage.saves.length, 1);
  });

  it('saves nothing where all is saved', async (t) => {
    const stage = new Stage(t);
    await stage.store.close();
    assert.equal(stage.saves.length, 0);
  });

  it('waits for the save that runs, then saves what has changed since', async (t) => {
    const stage = new Stage(t);
    stage.waits = true;
    stage.change();
    await stage.pass(100);
    stage.change();
    const closed = stage.store.close();
    await stage.pass(0);
    assert.equal(stage.saves.length, 1);
    stage.saves[0]?.resolve();
    await stage.pass(0);
    assert.equal(stage.saves.length, 2);
    stage.saves[1]?.resolve();
    await closed;
    assert.deepEqual([stage.texts, stage.clock.size], [['1', '2'], 0]);
  });

  it('tries once more what has failed, and rejects with why it fails', async (t) => {
    const stage = new Stage(t);
    stage.error = new Error('disk full');
    stage.change();
    await stage.pass(100);
    await assert.rejects(stage.store.close(), stage.error);
    assert.deepEqual([stage.saves.length, stage.clock.size], [2, 0]);
    const mended = new Stage(t);
    mended.error = new Error('disk full');
    mended.change();
    await mended.pass(100);
    mended.error = undefined;
    await mended.store.close();
    assert.deepEqual(mended.texts, ['1']);
  });

  it('does not wait for ever for a save that does not end, be it the last one or one before', async (t) => {
    for (const isBefore of [true, false]) {
      const stage = new Stage(t);
      stage.waits = true;
      stage.change();
      if (isBefore) await stage.pass(100);
      const closed = assert.rejects(stage.store.close(), code('TIMEOUT'));
      await stage.pass(0);
      await stage.pass(5_000);
      await closed;
      assert.deepEqual([stage.saves.length, stage.clock.size], [1, 0]);
    }
    const overdue = new Stage(t);
    overdue.waits = true;
    overdue.change();
    await overdue.pass(100);
    await overdue.pass(5_000);
    await assert.rejects(overdue.store.close(), code('TIMEOUT'));
  });
});

describe('loading', () => {
  it('gives what there is, or why there is nothing', async (t) => {
    assert.equal(await new Stage(t).store.load(), 'loaded');
    for (const none of [undefined, null]) {
      assert.equal(await new Stage(t, { load: () => Promise.resolve(none) }).store.load(), none);
    }
    const error = new Error('no such place');
    const throws = (): never => {
      throw error;
    };
    await assert.rejects(new Stage(t, { load: throws }).store.load(), error);
    await assert.rejects(new Stage(t, { load: () => Promise.reject(error) }).store.load(), error);
    assert.equal(FakeClock.of(t).size, 0);
  });

  it('that does not end has an end', async (t) => {
    const stage = new Stage(t, { load: () => new Promise(() => undefined) });
    const loaded = assert.rejects(stage.store.load(), code('TIMEOUT'));
    await stage.pass(5_000);
    await loaded;
  });
});

const load = (): undefined => undefined;
const save = (): void => undefined;

it('options that are none are refused', () => {
  for (const options of [
    null,
    'file',
    [],
    {},
    { load },
    { save },
    { load, save: 'file' },
    { load, save, onSaveError: 'log' },
    ...[-1, NaN, Infinity, '5'].map((debounce) => ({ load, save, debounce })),
    ...[0, -1, NaN, 2 ** 31, '5'].map((timeout) => ({ load, save, timeout })),
  ]) {
    assert.throws(() => new Store(options as StateOptions, () => assert.fail()), code('INVALID_ARGUMENT'));
  }
});
