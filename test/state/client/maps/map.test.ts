/** A client's map, whose client and server the test plays: when it is stale, how it repairs itself, when a write is done. */
import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { describe, it, type TestContext } from 'node:test';
import { ConflictError, PubSubError, type MapChange } from 'clustercast';
import { deferred, type Deferred } from '#lib/client/deferred.js';
import type { Params, Result } from '#lib/protocol/messages.js';
import { ClientMap, type MapHost } from '#lib/state/client/maps/map.js';
import { code } from '../../../support/codes.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { endOfTurn, withinTurn } from '../../../support/turn.js';

interface Read {
  readonly params: Params;
  readonly take: (result: Result) => void;
  readonly failed: (error: unknown) => void;
}

class Stage {
  readonly calls: {
    readonly method: string;
    readonly params: Params;
    readonly timeout: number | undefined;
    readonly answer: Deferred<Result>;
  }[] = [];
  readonly reads: Read[] = [];
  readonly errors: unknown[] = [];
  /** What the map raised, in order. */
  readonly raised: unknown[] = [];
  readonly changes: MapChange<unknown>[] = [];
  isStale = false;
  readonly map: ClientMap;

  constructor() {
    const host: MapHost = {
      valueLength: 100,
      timeout: 5_000,
      isStale: () => this.isStale,
      call: (method, params, _length, options) => {
        const answer = deferred<Result>();
        this.calls.push({ method, params, timeout: options?.timeout, answer });
        return answer.promise;
      },
      read: (params, take, failed) => void this.reads.push({ params, take, failed }),
      leave: () => Promise.resolve(this.map.ended(undefined)),
      failed: (error) => void this.errors.push(error),
    };
    this.map = new ClientMap('m', host);
    for (const type of ['stale', 'fresh', 'close'] as const) this.map.on(type, () => this.raised.push(type));
    this.map.on('change', (change) => {
      this.changes.push(change);
      this.raised.push(change.version);
    });
  }

  /** A map with its contents in place: of run `r1`, at version 2, with one key. */
  static loaded(): Stage {
    const stage = new Stage();
    stage.map.attached('s1', contents(2, [['a', 1, 'old']]));
    assert.deepEqual([stage.map.isStale, stage.reads.length], [false, 0]);
    return stage;
  }

  /** The one read that has not been looked at. */
  get read(): Read {
    const [read, ...others] = this.reads.splice(0);
    assert.ok(read !== undefined && others.length === 0, `${others.length} other reads`);
    return read;
  }

  set(version: number, key = 'k', value: unknown = version): void {
    this.map.received({ version, key, value });
  }

  /** The server gives no sign of life, or one again. */
  silence(isStale: boolean): void {
    this.isStale = isStale;
    this.map.livenessChanged();
  }

  codes(): unknown[] {
    return this.errors.splice(0).map((error) => (error as PubSubError).code);
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}

type Spelled = readonly [string, number, unknown];

function contents(version: number, entries: readonly Spelled[], more: object = {}): Result {
  return { run: 'r1', version, part: 0, entries: JSON.stringify(entries), ...more };
}

function changes(version: number, ...list: readonly object[]): Result {
  return { run: 'r1', version, changes: JSON.stringify(list) };
}

describe('a map that loads', () => {
  it('is there when its last part is, with what was changed meanwhile, and tells none of that', async () => {
    const { map, reads, raised } = new Stage();
    assert.deepEqual([map.isStale, map.position], [true, {}]);
    map.attached('s1', contents(2, [['a', 1, 1]], { more: true }));
    assert.deepEqual(reads[0]?.params, { subscription_id: 's1', part: 1 });
    map.received({ version: 3, key: 'b', value: 3 });
    map.received({ version: 4, key: 'a' });
    reads[0]?.take({ ...contents(4, [['c', 2, 2]]), part: 1 });
    await map.loaded;
    assert.deepEqual(Object.fromEntries(map), { b: 3, c: 2 });
    assert.deepEqual([map.version, map.isStale, raised], [4, false, []]);
    assert.deepEqual(map.position, { run: 'r1', version: 4 });
  });

  it('begins with the first part again where changes were left out between two', async () => {
    const stage = new Stage();
    const { map } = stage;
    map.attached('s1', contents(2, [['a', 1, 1]], { more: true }));
    stage.read.take({ ...contents(4, [['c', 2, 2]]), part: 1 });
    assert.equal(map.isStale, true);
    const { params, take } = stage.read;
    assert.deepEqual(params, { subscription_id: 's1' });
    take(contents(4, [['b', 3, 3]]));
    await map.loaded;
    assert.deepEqual([...map], [['b', 3]]);
  });

  it('begins again where a gap is told between two parts', async () => {
    const stage = new Stage();
    const { map } = stage;
    map.attached('s1', contents(2, [['a', 1, 1]], { more: true }));
    const { take } = stage.read;
    map.missed();
    // It has asked already, and waits for that answer.
    assert.equal(stage.reads.length, 0);
    take({ ...contents(2, [['c', 2, 2]]), part: 1 });
    stage.read.take(contents(3, []));
    await map.loaded;
    assert.equal(map.size, 0);
  });

  it('is not there before the server gives a sign of life', async () => {
    const stage = new Stage();
    stage.isStale = true;
    let isLoaded = false;
    const loaded = stage.map.loaded.then(() => (isLoaded = true));
    stage.map.attached('s1', contents(2, []));
    await endOfTurn();
    assert.equal(isLoaded, false);
    stage.silence(false);
    await endOfTurn();
    assert.equal(isLoaded, false);
    stage.read.take(changes(2));
    await loaded;
    assert.deepEqual(stage.raised, []);
  });

  it('rejects where it ends before, with the reason', async () => {
    const [refused, closed] = [new Stage(), new Stage()];
    const error = new PubSubError('ERR_PUBSUB_FORBIDDEN', 'no');
    refused.map.ended(error);
    closed.map.ended(undefined);
    await assert.rejects(refused.map.loaded, error);
    await assert.rejects(closed.map.loaded, code('CLOSED'));
    assert.deepEqual(refused.raised, ['close']);
  });
});

describe('a map that misses changes', () => {
  it('is stale from where it knows, and fresh once it has what was missing, which it tells', () => {
    const stage = Stage.loaded();
    const { map } = stage;
    stage.set(4);
    assert.deepEqual([map.isStale, map.version, map.has('k')], [true, 2, false]);
    const { params, take } = stage.read;
    assert.deepEqual(params, { subscription_id: 's1', run: 'r1', version: 2 });
    // What comes before the answer is in it.
    stage.set(5);
    take(
      changes(
        5,
        { version: 3, key: 'a' },
        { version: 4, key: 'k', value: 4 },
        { version: 5, key: 'k', value: 5 },
      ),
    );
    stage.set(6);
    assert.deepEqual(stage.raised, ['stale', 3, 4, 5, 'fresh', 6]);
    assert.deepEqual([...map], [['k', 6]]);
    assert.deepEqual(stage.errors, []);
  });

  it('takes new contents where the changes are not known any more, and tells the differences', () => {
    const stage = Stage.loaded();
    const { map } = stage;
    map.missed();
    stage.read.take(contents(9, [['a', 8, 'new']], { more: true }));
    assert.deepEqual([map.get('a'), map.isStale], ['old', true]);
    stage.set(10, 'b');
    stage.read.take({ ...contents(10, [['c', 3, 3]]), part: 1 });
    assert.deepEqual(stage.raised, ['stale', 10, 10, 10, 'fresh']);
    const told = new Map(stage.changes.map(({ key, value, previous }) => [key, [value, previous]]));
    assert.deepEqual(Object.fromEntries(told), {
      a: ['new', 'old'],
      b: [10, undefined],
      c: [3, undefined],
    });
  });

  it('is not fresh because the server gives a sign of life', (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    stage.map.missed();
    for (const isStale of [true, false]) stage.silence(isStale);
    assert.equal(stage.map.isStale, true);
    stage.read.failed(new PubSubError('ERR_PUBSUB_TIMEOUT', 'late'));
    for (const isStale of [true, false]) stage.silence(isStale);
    assert.deepEqual([stage.map.isStale, stage.raised, stage.reads.length], [true, ['stale'], 0]);
    clock.pass(1_000);
    stage.read.take(changes(2));
    assert.deepEqual([stage.map.isStale, stage.raised], [false, ['stale', 'fresh']]);
  });

  it('asks again after a pause where that fails, once, and takes nothing that comes behind a hole meanwhile', (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    const { map } = stage;
    stage.map.missed();
    stage.read.failed(new PubSubError('ERR_PUBSUB_BACKPRESSURE', 'full'));
    assert.deepEqual(
      [stage.codes(), stage.reads.length, map.isStale],
      [['ERR_PUBSUB_BACKPRESSURE'], 0, true],
    );
    assert.deepEqual([clock.size, clock.holding], [1, 0]);
    stage.set(3);
    stage.set(5);
    map.missed();
    assert.deepEqual([map.version, stage.reads.length], [2, 0]);
    clock.pass(250);
    const { params, take } = stage.read;
    assert.deepEqual(params, { subscription_id: 's1', run: 'r1', version: 2 });
    take(changes(4, { version: 3, key: 'b', value: 3 }, { version: 4, key: 'b' }));
    assert.deepEqual([stage.raised, clock.size], [['stale', 3, 4, 'fresh'], 0]);
    clock.pass(10_000);
    assert.equal(stage.reads.length, 0);
    // The next time it does so at once again.
    map.missed();
    stage.read.take(changes(4));
    assert.equal(map.isStale, false);
  });

  it('is stale while the server gives no sign of life, and until it knows what was said meanwhile', () => {
    const stage = Stage.loaded();
    stage.silence(true);
    stage.set(3);
    stage.silence(false);
    const { params, take } = stage.read;
    assert.deepEqual(params, { subscription_id: 's1', run: 'r1', version: 3 });
    // What was said in the silence comes behind the sign of life.
    stage.set(4);
    assert.deepEqual(stage.raised, ['stale', 3, 4]);
    take(changes(5, { version: 4, key: 'k', value: 4 }, { version: 5, key: 'k', value: 5 }));
    assert.deepEqual(stage.raised, ['stale', 3, 4, 5, 'fresh']);
  });

  it('asks again where the server was silent again before the answer', () => {
    const stage = Stage.loaded();
    for (const isStale of [true, false]) stage.silence(isStale);
    const { take } = stage.read;
    for (const isStale of [true, false]) stage.silence(isStale);
    take(changes(2));
    assert.deepEqual(stage.raised, ['stale']);
    stage.read.take(changes(2));
    assert.deepEqual(stage.raised, ['stale', 'fresh']);
  });

  it('asks likewise where the server was silent while the map was attached to it', () => {
    const stage = Stage.loaded();
    stage.map.lost();
    for (const isStale of [true, false]) stage.silence(isStale);
    assert.deepEqual(stage.reads, []);
    stage.map.attached('s2', changes(2));
    assert.deepEqual(stage.raised, ['stale']);
    stage.read.take(changes(2));
    assert.deepEqual(stage.raised, ['stale', 'fresh']);
    // On the next link that silence is over.
    stage.map.lost();
    stage.map.attached('s3', changes(2));
    assert.deepEqual([stage.raised.slice(2), stage.reads], [['stale', 'fresh'], []]);
  });

  it('takes the contents after a silence where the changes are not known any more, with what comes between', async () => {
    const stage = Stage.loaded();
    for (const isStale of [true, false]) stage.silence(isStale);
    stage.read.take(contents(9, [['a', 8, 'new']], { more: true }));
    stage.set(10, 'b');
    const written = stage.map.set('c', 11);
    stage.calls[0]?.answer.resolve({ version: 11 });
    stage.set(11, 'c');
    stage.read.take({ ...contents(11, []), part: 1 });
    assert.deepEqual(stage.raised, ['stale', 11, 11, 11, 'fresh']);
    assert.deepEqual(Object.fromEntries(stage.map), { a: 'new', b: 10, c: 11 });
    await written;
  });

  it('is not fresh before the server gives a sign of life, whatever it has', () => {
    const stage = Stage.loaded();
    stage.map.missed();
    stage.silence(true);
    stage.read.take(changes(2));
    assert.deepEqual(stage.raised, ['stale']);
    stage.silence(false);
    stage.read.take(changes(2));
    assert.deepEqual(stage.raised, ['stale', 'fresh']);
  });

  it('is not fresh where the link is lost while it tells what was missing', () => {
    const stage = Stage.loaded();
    stage.map.missed();
    stage.map.once('change', () => stage.map.lost());
    stage.read.take(changes(3, { version: 3, key: 'a' }));
    assert.deepEqual([stage.map.isStale, stage.raised], [true, ['stale', 3]]);
  });
});

describe('a map whose server says nonsense', () => {
  const good = contents(2, [['a', 1, 'old']]);
  const nonsense: readonly (readonly [string, Result])[] = [
    ['nothing', {}],
    ['no run', { ...good, run: undefined }],
    ['no version', { ...good, version: '2' }],
    ['no entries', { ...good, entries: undefined }],
    ['entries that are no text', { ...good, entries: [] }],
    ['entries that are no array', { ...good, entries: '{}' }],
    ['entries that are no JSON', { ...good, entries: '[' }],
    ['entries without keys', { ...good, entries: '[[1,1,1]]' }],
    ['entries without versions', { ...good, entries: '[["a","1",1]]' }],
    ['an entry that is none', { ...good, entries: '[null]' }],
    ['another part than the first', { ...good, part: 1 }],
    ['a part that is none', { ...good, part: undefined }],
    ['changes of another run', { ...changes(2), run: 'r2' }],
    ['changes that are no text', { ...changes(2), changes: [] }],
    ['changes that are no JSON', { ...changes(2), changes: '[' }],
    ['a change that is none', { ...changes(3), changes: '[{"key":"a"}]' }],
    ['changes that do not follow', changes(4, { version: 4, key: 'a' })],
    ['changes that lead elsewhere', changes(4, { version: 3, key: 'b' })],
    ['too few changes', changes(3)],
  ];
  for (const [what, answer] of nonsense) {
    it(`stays stale, says so and asks for all of it after a pause: ${what}`, (t) => {
      const clock = FakeClock.of(t);
      const stage = Stage.loaded();
      stage.map.missed();
      stage.read.take(answer);
      assert.deepEqual([stage.codes(), stage.reads.length], [['ERR_PUBSUB_PROTOCOL'], 0]);
      assert.deepEqual([stage.map.isStale, stage.map.get('a')], [true, 'old']);
      clock.pass(250);
      const { params, take } = stage.read;
      assert.deepEqual(params, { subscription_id: 's1' });
      take(contents(9, [['a', 9, 'new']]));
      assert.deepEqual([stage.map.isStale, stage.map.get('a'), clock.size], [false, 'new', 0]);
    });
  }

  it('asks for what it lacks where a change is none', () => {
    const stage = Stage.loaded();
    stage.map.received({ key: 'k' });
    assert.deepEqual([stage.codes(), stage.map.isStale], [['ERR_PUBSUB_PROTOCOL'], true]);
    stage.read.take(changes(2));
    assert.deepEqual(stage.raised, ['stale', 'fresh']);
  });

  it('takes changes where it waits for a part, and is not stuck', () => {
    const stage = Stage.loaded();
    stage.map.missed();
    stage.read.take(contents(5, [['a', 5, 'part']], { more: true }));
    stage.read.take(changes(3, { version: 3, key: 'b', value: 3 }));
    assert.deepEqual(
      [...stage.map],
      [
        ['a', 'old'],
        ['b', 3],
      ],
    );
    assert.equal(stage.map.isStale, false);
  });
});

describe('a map whose link is lost', () => {
  it('goes on from where it was, where the server is the same', () => {
    const stage = Stage.loaded();
    const { map } = stage;
    map.lost();
    map.lost();
    assert.deepEqual([map.isStale, map.get('a'), map.position], [true, 'old', { run: 'r1', version: 2 }]);
    map.attached('s2', changes(3, { version: 3, key: 'a', value: 'new' }));
    assert.deepEqual(stage.raised, ['stale', 3, 'fresh']);
  });

  it('tells the differences, where it is another run of it, by their values', () => {
    const stage = Stage.loaded();
    stage.set(3, 'same');
    stage.map.lost();
    const run = 'r2';
    stage.map.attached('s2', {
      ...contents(1, [
        ['same', 1, 3],
        ['b', 1, 1],
      ]),
      run,
    });
    assert.deepEqual(stage.raised, [3, 'stale', 1, 1, 'fresh']);
    assert.deepEqual([stage.map.version, stage.map.position], [1, { run, version: 1 }]);
    assert.deepEqual(
      stage.changes.slice(1).map(({ key, value }) => [key, value]),
      [
        ['a', undefined],
        ['b', 1],
      ],
    );
  });

  it('forgets what it had asked for on that link', (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    const { map } = stage;
    map.missed();
    const { take, failed } = stage.read;
    map.lost();
    map.missed();
    assert.equal(stage.reads.length, 0);
    map.attached('s2', changes(2));
    take(contents(9, [['a', 9, 'late']]));
    failed(new Error('late'));
    assert.deepEqual([map.get('a'), map.version, map.isStale, stage.errors], ['old', 2, false, []]);
    map.missed();
    stage.read.failed(new PubSubError('ERR_PUBSUB_TIMEOUT', 'late'));
    map.lost();
    assert.equal(clock.size, 0);
  });
});

describe('a write', () => {
  it('says what the method needs, and gives what it answers', async () => {
    const stage = Stage.loaded();
    const { map, calls } = stage;
    const base = { map: 'm', run: 'r1', key: 'k' };
    const answered = async (promise: Promise<unknown>, answer: object): Promise<unknown> => {
      calls.at(-1)?.answer.resolve({ version: 2, ...answer });
      return promise;
    };
    await answered(map.set('k', { n: 1 }, { ttl: 5, ifVersion: 3, timeout: 9 }), {});
    await answered(map.delete('k'), { existed: true });
    await answered(map.clear(), {});
    assert.equal(await answered(map.increment('k', 2, { ttl: 7 }), { value: 4 }), 4);
    assert.equal(await answered(map.increment('k'), { value: 5 }), 5);
    assert.equal(await answered(map.delete('k', { ifVersion: 1 }), { existed: false }), false);
    assert.deepEqual(
      calls.map(({ method, params }) => [method, JSON.parse(JSON.stringify(params)) as unknown]),
      [
        ['map.set', { ...base, json: '{"n":1}', ttl: 5, if_version: 3 }],
        ['map.delete', base],
        ['map.clear', { map: 'm' }],
        ['map.increment', { map: 'm', key: 'k', by: 2, ttl: 7 }],
        ['map.increment', { map: 'm', key: 'k', by: 1 }],
        ['map.delete', { ...base, if_version: 1 }],
      ],
    );
    await assert.rejects(map.set('k', 'x'.repeat(100)), code('LIMIT'));
    await assert.rejects(map.set('k', 1n), code('SERIALIZE'));
    assert.equal(calls.length, 6);
  });

  it('is done when it is in the replica', async () => {
    const stage = Stage.loaded();
    const written = stage.map.set('k', 3);
    stage.set(3);
    stage.calls[0]?.answer.resolve({ version: 3 });
    assert.equal(await written, 3);
    assert.deepEqual(stage.reads, []);
  });

  it('whose change was left out repairs the replica first', async () => {
    const stage = Stage.loaded();
    let isDone = false;
    const written = stage.map.set('k', 3).then(() => (isDone = true));
    stage.calls[0]?.answer.resolve({ version: 4 });
    await endOfTurn();
    assert.deepEqual([isDone, stage.map.isStale], [false, true]);
    stage.read.take(changes(4, { version: 3, key: 'k', value: 3 }, { version: 4, key: 'a' }));
    await written;
    assert.deepEqual([stage.map.get('k'), stage.raised], [3, ['stale', 3, 4, 'fresh']]);
  });

  it('waits no longer than its time, and no timer is left', async (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    const written = [stage.map.set('k', 3, { timeout: 50 }), stage.map.set('k', 4)];
    for (const { answer } of stage.calls) answer.resolve({ version: 4 });
    await endOfTurn();
    assert.deepEqual([clock.size, clock.holding], [2, 0]);
    clock.pass(50);
    await assert.rejects(written[0] as Promise<number>, code('TIMEOUT'));
    stage.read.take(changes(4, { version: 3, key: 'k', value: 3 }, { version: 4, key: 'k', value: 4 }));
    await written[1];
    assert.equal(clock.size, 0);
  });

  it('is not taken for done by the version of another run', async () => {
    const stage = Stage.loaded();
    for (let version = 3; version <= 9; version++) stage.set(version);
    stage.map.lost();
    let isDone = false;
    const written = stage.map.set('k', 'new').then(() => (isDone = true));
    // The server is another one, and answers before the map is attached to it, or has its contents.
    stage.calls[0]?.answer.resolve({ version: 1 });
    await endOfTurn();
    assert.equal(isDone, false);
    const run = 'r2';
    stage.map.attached('s2', { ...contents(1, [['k', 1, 'new']], { more: true }), run });
    const next = stage.map.set('k', 'newer').then(() => (isDone = true));
    stage.map.received({ version: 2, key: 'k', value: 'newer' });
    stage.calls[1]?.answer.resolve({ version: 2 });
    await endOfTurn();
    assert.equal(isDone, false);
    stage.read.take({ ...contents(2, []), run, part: 1 });
    await Promise.all([written, next]);
    assert.deepEqual([stage.map.get('k'), stage.map.version], ['newer', 2]);
  });

  it('that has changed nothing is done where its answer comes before the map is attached again', async () => {
    const stage = Stage.loaded();
    stage.map.lost();
    const written = stage.map.delete('none');
    stage.calls[0]?.answer.resolve({ version: 2, existed: false });
    await endOfTurn();
    stage.map.attached('s2', changes(2));
    assert.equal(await withinTurn(written), false);
  });

  it('that was accepted in a run that is over is done when the next one is known', async () => {
    const stage = Stage.loaded();
    const written = stage.map.set('k', 3);
    stage.calls[0]?.answer.resolve({ version: 3 });
    await endOfTurn();
    stage.map.lost();
    stage.map.attached('s2', { ...contents(1, []), run: 'r2' });
    assert.equal(await written, 3);
  });

  it('is waited for in its own time, and no longer than its signal says, as a whole', async (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    const controller = new AbortController();
    const late = stage.map.set('k', 3, { timeout: 100 });
    const aborted = stage.map.set('k', 4, { timeout: 100, signal: controller.signal });
    clock.pass(60);
    for (const [position, call] of stage.calls.entries()) call.answer.resolve({ version: 3 + position });
    await endOfTurn();
    clock.pass(30);
    controller.abort(new Error('enough'));
    await assert.rejects(withinTurn(aborted), /enough/);
    clock.pass(10);
    await assert.rejects(withinTurn(late), code('TIMEOUT'));
    const { signal } = controller;
    const tooLate = stage.map.set('k', 5, { signal });
    stage.calls[2]?.answer.resolve({ version: 5 });
    await assert.rejects(withinTurn(tooLate), /enough/);
    assert.equal(clock.size, 0);
  });

  it('is done for as many as wait, in one go, also where some have given up', async () => {
    const stage = Stage.loaded();
    stage.map.lost();
    const controller = new AbortController();
    const { signal } = controller;
    setMaxListeners(0, signal);
    const count = 20_000;
    const written = Array.from({ length: count }, (_, n) =>
      stage.map.set('k', n, n % 2 === 0 ? { signal } : {}).catch((error: unknown) => error),
    );
    for (const [position, call] of stage.calls.entries()) call.answer.resolve({ version: 3 + position });
    await endOfTurn();
    const reason = new Error('enough');
    controller.abort(reason);
    stage.map.attached('s2', contents(count + 2, []));
    const outcomes = await Promise.all(written);
    assert.ok(outcomes.every((outcome, n) => outcome === (n % 2 === 0 ? reason : n + 3)));
  });

  it('settles when the map ends', async () => {
    const stage = Stage.loaded();
    const [unseen, unanswered] = [stage.map.set('k', 3), stage.map.set('k', 4)];
    stage.calls[0]?.answer.resolve({ version: 3 });
    await endOfTurn();
    stage.map.ended(undefined);
    assert.equal(await unseen, 3);
    stage.calls[1]?.answer.resolve({ version: 4 });
    assert.equal(await unanswered, 4);
    await assert.rejects(stage.map.set('k', 5), code('CLOSED'));
    assert.equal(stage.reads.splice(0).length, 1);
    assert.deepEqual([stage.map.get('a'), stage.map.isStale], ['old', true]);
  });

  it('without a version in its answer is a breach of the protocol', async () => {
    const stage = Stage.loaded();
    for (const answer of [{}, { version: '3' }, { version: -1 }]) {
      const written = stage.map.set('k', 3);
      stage.calls.at(-1)?.answer.resolve(answer);
      await assert.rejects(written, code('PROTOCOL'));
    }
  });

  it('that conflicts says what is there at once, also where the replica is behind', async () => {
    const stage = Stage.loaded();
    const written = stage.map.set('k', 3, { ifVersion: 1 });
    stage.calls[0]?.answer.resolve({ version: 7, conflict: true, current: '{"version":7,"value":[1]}' });
    await assert.rejects(written, (error) => {
      assert.ok(error instanceof ConflictError);
      assert.deepEqual(error.current, { version: 7, value: [1] });
      return true;
    });
    // And that changes were left out is known by then.
    assert.equal(stage.map.isStale, true);
    stage.read.take(changes(2));
    for (const current of [undefined, 5, '5', '{']) {
      const nothing = stage.map.delete('k', { ifVersion: 1 });
      stage.calls.at(-1)?.answer.resolve({ version: 2, conflict: true, current });
      await assert.rejects(nothing, (error) => error instanceof ConflictError && error.current === undefined);
    }
  });
});

/** Answers the calls of `stage` with conflicts until `updated` has settled. @returns how many there were. */
async function conflictAlways(stage: Stage, updated: Promise<unknown>, pass: () => void): Promise<number> {
  const state = { isOver: false };
  const end = (): void => void (state.isOver = true);
  updated.then(end, end);
  let answered = 0;
  while (!state.isOver) {
    for (; answered < stage.calls.length; answered++) {
      pass();
      const conflict = { version: 2, conflict: true, current: '{"version":1,"value":1}' };
      stage.calls[answered]?.answer.resolve(conflict);
    }
    await endOfTurn();
  }
  return answered;
}

describe('an update', () => {
  it('begins with what the replica has, and goes on with what it is told', async () => {
    const stage = Stage.loaded();
    const seen: unknown[] = [];
    const updated = stage.map.update('a', (value) => {
      seen.push(value);
      return `${String(value)}!`;
    });
    await endOfTurn();
    stage.calls[0]?.answer.resolve({ version: 2, conflict: true, current: '{"version":2,"value":"other"}' });
    await endOfTurn();
    stage.calls[1]?.answer.resolve({ version: 2, conflict: true });
    await endOfTurn();
    stage.calls[2]?.answer.resolve({ version: 2 });
    assert.equal(await updated, 'undefined!');
    assert.deepEqual(seen, ['old', 'other', undefined]);
    assert.deepEqual(
      stage.calls.map(({ params }) => params['if_version']),
      [1, 2, 0],
    );
  });

  it('names the run in which it has read what it changes, and not the one that has begun meanwhile', async () => {
    const stage = Stage.loaded();
    const { map, calls } = stage;
    const [first, second] = [deferred<void>(), deferred<void>()];
    const waits = [first, second];
    const updated = map.update('a', async (value) => {
      await waits.shift()?.promise;
      return `${String(value)}!`;
    });
    // Version 1 is another value there.
    const other = { ...contents(1, [['a', 1, 'other']]), run: 'r2' };
    map.lost();
    map.attached('s2', other);
    first.resolve();
    await endOfTurn();
    const current = '{"version":1,"value":"other"}';
    calls[0]?.answer.resolve({ version: 1, conflict: true, run: 'r2', current });
    await endOfTurn();
    // And once more, before it is written.
    map.lost();
    map.attached('s3', { ...other, run: 'r3' });
    second.resolve();
    await endOfTurn();
    calls[1]?.answer.resolve({ version: 1, conflict: true, run: 'r3' });
    await endOfTurn();
    calls[2]?.answer.resolve({ version: 1 });
    assert.equal(await updated, 'undefined!');
    assert.deepEqual(
      calls.map(({ params }) => [params['run'], params['if_version']]),
      [
        ['r1', 1],
        ['r2', 1],
        ['r3', 0],
      ],
    );
  });

  it('deletes likewise', async () => {
    const stage = Stage.loaded();
    const wait = deferred<void>();
    const updated = stage.map.update('a', () => wait.promise);
    stage.map.lost();
    stage.map.attached('s2', { ...contents(1, [['a', 1, 'other']]), run: 'r2' });
    wait.resolve();
    await endOfTurn();
    const { method, params, answer } = stage.calls[0] ?? assert.fail('nothing is written');
    assert.deepEqual([method, params['run'], params['if_version']], ['map.delete', 'r1', 1]);
    answer.resolve({ version: 1 });
    assert.equal(await updated, undefined);
  });

  it('waits for what it is to be no longer than its time, and than its signal says', async (t) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    const controller = new AbortController();
    const late = stage.map.update('a', never, { timeout: 100 });
    const aborted = stage.map.update('a', never, { signal: controller.signal });
    controller.abort(new Error('enough'));
    await assert.rejects(withinTurn(aborted), /enough/);
    clock.pass(100);
    await assert.rejects(withinTurn(late), code('TIMEOUT'));
    const error = new Error('no');
    await assert.rejects(withinTurn(stage.map.update('a', () => Promise.reject(error))), error);
    assert.deepEqual([stage.calls, clock.size], [[], 0]);
  });

  it('that makes nothing of nothing asks whether there is nothing still', async () => {
    const stage = Stage.loaded();
    const seen: unknown[] = [];
    const updated = stage.map.update('none', (value) => void seen.push(value));
    await endOfTurn();
    const { method, params, answer } = stage.calls[0] ?? assert.fail('nothing is asked');
    assert.deepEqual([method, params['run'], params['if_version']], ['map.delete', 'r1', 0]);
    const current = '{"version":2,"value":"there"}';
    answer.resolve({ conflict: true, run: 'r1', version: 2, current });
    await endOfTurn();
    stage.calls[1]?.answer.resolve({ version: 2, existed: false });
    assert.deepEqual([await updated, seen], [undefined, [undefined, 'there']]);
  });

  it('ends with the conflict where there is one until its time is over', async (t: TestContext) => {
    const clock = FakeClock.of(t);
    const stage = Stage.loaded();
    const updated = stage.map.update('a', () => 1, { timeout: 100 });
    const answered = await conflictAlways(stage, updated, () => clock.pass(30));
    await assert.rejects(updated, code('CONFLICT'));
    assert.equal(answered, 4);
  });

  it('may wait as long as a timer can, also by a clock that stands still, as in a page', async (t) => {
    const timeout = 2 ** 31 - 1;
    // With the longest time added it is rounded up.
    const clock = t.mock.method(performance, 'now', () => 1.3);
    const stage = Stage.loaded();
    const updated = stage.map.update('a', () => 1, { timeout });
    await Promise.resolve();
    await Promise.resolve();
    clock.mock.restore();
    assert.deepEqual(
      stage.calls.map((call) => call.timeout),
      [timeout],
    );
    stage.map.received({ version: 3, key: 'a', value: 1 });
    stage.calls[0]?.answer.resolve({ version: 3 });
    assert.equal(await updated, 1);
  });

  it('ends with what else the write is refused for', async () => {
    const stage = Stage.loaded();
    const updated = stage.map.update('a', () => 1);
    await endOfTurn();
    stage.calls[0]?.answer.reject(new PubSubError('ERR_PUBSUB_FORBIDDEN', 'no'));
    await assert.rejects(updated, code('FORBIDDEN'));
    for (const timeout of [0, NaN, 2 ** 31]) {
      await assert.rejects(
        stage.map.update('a', () => 1, { timeout }),
        code('INVALID_ARGUMENT'),
      );
    }
  });
});

describe('the listeners of a map', () => {
  it('are told nothing after its end, also where one of them has ended it', () => {
    const stage = Stage.loaded();
    stage.set(3);
    stage.map.once('change', () => void stage.map.close());
    stage.map.received({ version: 4 });
    assert.deepEqual(stage.raised, [3, 4, 'close']);
    assert.equal(stage.map.size, 0);
  });

  it('may throw, which the client is told, and may be taken off', () => {
    const stage = Stage.loaded();
    const error = new Error('a listener');
    const listener = (): void => {
      throw error;
    };
    stage.map.on('change', listener);
    stage.set(3);
    stage.map.off('change', listener);
    stage.set(4);
    assert.deepEqual([stage.errors, stage.raised], [[error], [3, 4]]);
  });
});
