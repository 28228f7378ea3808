/** The table of requests: numbered, matched, bounded, given up and lost, each ended exactly once. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, PubSubError, type Limits } from 'clustercast';
import { deferred } from '#lib/client/deferred.js';
import { Requests, type AddOptions, type Ask } from '#lib/client/requests.js';
import type { Result } from '#lib/protocol/messages.js';
import { code } from '../support/codes.js';
import { holds } from '../support/property.js';
import { timers } from '../support/timers.js';

const silent = new PubSubError('ERR_PUBSUB_NO_PRIMARY', 'nobody is there');
const publish = (event: string, value = '1'): Ask => ({ event, value });
const call: Ask = { method: 'm', params: { a: 1 } };

/** Requests whose outcomes are promises. */
class Table {
  readonly requests: Requests;
  readonly undone: Result[] = [];

  constructor(limits: Partial<Limits> = {}) {
    this.requests = new Requests({ ...defaultLimits, ...limits }, () => silent);
    this.requests.link(undefined);
  }

  add(ask: Ask, options: Partial<AddOptions> = {}): Promise<Result> {
    const { promise, resolve, reject } = deferred<Result>();
    promise.catch(() => undefined);
    const undo = (result: Result): void => void this.undone.push(result);
    this.requests.add(ask, { resolve, reject, undo }, { timeout: 10_000, ...options });
    return promise;
  }

  answer(id: number | string, result: Result = {}): void {
    this.requests.answer({ kind: 'response', id, ok: true, result });
  }

  /** Ends whatever is left. */
  end(): void {
    this.requests.loseLink();
    this.requests.loseQueued(silent);
    assert.equal(this.requests.count, 0);
  }
}

describe('requests that are sent', () => {
  it('end with the number of listeners and nothing else, where they are publishes', async () => {
    const table = new Table();
    const answered = [publish('a'), publish('b'), call].map((ask) => table.add(ask));
    table.requests.take();
    for (const id of [1, 3]) table.answer(id, { listeners: 2, client_id: 'a secret' });
    table.answer(2, { listeners: 'two' });
    assert.deepEqual(await answered[0], { listeners: 2 });
    await assert.rejects(answered[1] as Promise<Result>, code('PROTOCOL'));
    assert.deepEqual(await answered[2], { listeners: 2, client_id: 'a secret' });
    assert.equal(table.requests.published, 1);
  });

  it('are given up where so many after them were answered', async () => {
    const table = new Table({ outboxMessages: 4 });
    const forgotten = table.add(call, { timeout: 60_000 });
    table.requests.take();
    for (let id = 2; id <= 11; id++) {
      const answered = table.add(call);
      table.requests.take();
      table.answer(id);
      assert.deepEqual(await answered, {});
    }
    // Before it is waited for, which could take its time.
    assert.equal(table.requests.count, 0);
    await assert.rejects(forgotten, code('TIMEOUT'));
  });

  it('travel as many together as the limits allow, and the rest after them', () => {
    const table = new Table({ batchMessages: 3, batchLength: 10 });
    for (let i = 0; i < 4; i++) void table.add(i === 1 ? call : publish('e'));
    for (const length of [10, 9, 1, 1]) void table.add(publish('e', '1'.repeat(length)));
    const counts: number[] = [];
    for (let taken = table.requests.take(); taken.length > 0; taken = table.requests.take()) {
      counts.push(
        taken.reduce(
          (sum, message) => sum + (message.kind === 'publishes' ? message.columns.lengths.length : 1),
          0,
        ),
      );
    }
    assert.deepEqual(counts, [3, 2, 2, 1]);
    table.end();
  });

  it('are numbered in a row, and publishes in a row travel in columns', () => {
    const table = new Table();
    for (const ask of [publish('a'), publish('b', '[2]'), call, call, publish('a')]) void table.add(ask);
    assert.deepEqual(table.requests.take(), [
      {
        kind: 'publishes',
        first: 1,
        columns: { names: ['a', 'b'], index: [0, 1], values: '[1,[2]]', lengths: [1, 3] },
      },
      { kind: 'request', id: 3, clientId: undefined, method: 'm', params: { a: 1 } },
      { kind: 'request', id: 4, clientId: undefined, method: 'm', params: { a: 1 } },
      { kind: 'publishes', first: 5, columns: { names: ['a'], values: '[1]', lengths: [1] } },
    ]);
    assert.deepEqual(table.requests.take(), []);
    void table.add(call);
    assert.deepEqual(table.requests.take(), [
      { kind: 'request', id: 6, clientId: undefined, method: 'm', params: { a: 1 } },
    ]);
    table.end();
  });

  it('get the answer that has their number, however it is spelled', async () => {
    const table = new Table();
    const [one, two] = [table.add(call), table.add(call)];
    table.requests.take();
    table.answer('2', { n: 2 });
    table.answer(1, { n: 1 });
    assert.deepEqual(await Promise.all([one, two]), [{ n: 1 }, { n: 2 }]);
    assert.equal(table.requests.count, 0);
  });

  it('get one answer for all, with so many listeners for so many', async () => {
    const table = new Table();
    const published = ['a', 'a', 'b', 'c'].map((event) => table.add(publish(event)));
    table.requests.take();
    table.requests.answer({ kind: 'published', first: 1, listeners: [2, 7, 0, 9, 1, 0] });
    table.requests.answer({
      ...{ kind: 'refused', first: 4, count: 1 },
      failure: { code: 'ERR_PUBSUB_FORBIDDEN', message: 'no' },
    });
    assert.deepEqual(await Promise.all(published.slice(0, 3)), [
      { listeners: 7 },
      { listeners: 7 },
      { listeners: 0 },
    ]);
    await assert.rejects(published[3] as Promise<Result>, { code: 'ERR_PUBSUB_FORBIDDEN', message: 'no' });
    assert.equal(table.requests.count, 0);
  });

  it('end as far as they were asked, however many the server says there were', async () => {
    const table = new Table();
    const asked = [1, 2, 3].map(() => table.add(publish('e')));
    table.requests.take();
    const count = Number.MAX_SAFE_INTEGER;
    table.requests.answer({ kind: 'published', first: 1, listeners: [1, 5, 0, 6, 1, 7] });
    table.requests.answer({ kind: 'published', first: 3, listeners: [count, 8, count, 9] });
    table.requests.answer({ kind: 'refused', first: 0, count, failure: { code: undefined, message: 'no' } });
    assert.deepEqual(
      (await Promise.all(asked)).map(({ listeners }) => listeners),
      [5, 7, 8],
    );
  });

  it('are refused with the code of the server, or as a breach of the protocol', async () => {
    const table = new Table();
    const refused = [table.add(call), table.add(call)] as const;
    table.requests.take();
    for (const [id, failureCode] of [
      [1, 'ERR_PUBSUB_LIMIT'],
      [2, undefined],
    ] as const) {
      table.requests.answer({
        kind: 'response',
        id,
        ok: false,
        failure: { code: failureCode, message: 'no' },
      });
    }
    await assert.rejects(refused[0], { code: 'ERR_PUBSUB_LIMIT', message: 'no' });
    await assert.rejects(refused[1], { code: 'ERR_PUBSUB_PROTOCOL', message: 'no' });
  });

  it('ignore a second answer, one before they were sent, and one to nothing', async () => {
    const table = new Table();
    const request = table.add(call);
    for (const id of [1, 0, -1, 99, 'NaN', '__proto__']) table.answer(id, { early: true });
    assert.equal(table.requests.count, 1);
    table.requests.take();
    table.answer(1, { first: true });
    table.answer(1, { second: true });
    assert.deepEqual(await request, { first: true });
    assert.equal(table.requests.count, 0);
  });
});

describe('the outbox', () => {
  it('is bounded in number, over what is queued and what is sent', () => {
    const table = new Table({ outboxMessages: 2 });
    void table.add(call);
    table.requests.take();
    void table.add(call);
    assert.throws(() => table.add(call), code('BACKPRESSURE'));
    assert.equal(table.requests.count, 2);
    table.answer(1);
    void table.add(call);
    assert.throws(() => table.add(call), code('BACKPRESSURE'));
    table.end();
    void table.add(call);
    table.end();
  });

  it('is bounded in length, but takes one value of any length', () => {
    const table = new Table({ outboxLength: 10 });
    void table.add(publish('e', '1'.repeat(50)));
    assert.throws(() => table.add(publish('e')), code('BACKPRESSURE'));
    table.requests.take();
    table.answer(1);
    void table.add(publish('e', '1'.repeat(6)));
    void table.add(publish('e', '1'.repeat(4)));
    assert.throws(() => table.add(publish('e')), code('BACKPRESSURE'));
    table.end();
  });

  it('makes an exception for what restores, and keeps nothing of what it refuses', () => {
    const table = new Table({ outboxMessages: 1 });
    const { signal } = new AbortController();
    void table.add(call);
    assert.throws(() => table.add(call, { signal }), code('BACKPRESSURE'));
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    void table.add(call, { isExempt: true });
    assert.equal(table.requests.count, 2);
    table.end();
  });

  it('says when as much waits as should travel together', () => {
    const table = new Table({ batchMessages: 3, batchLength: 10 });
    const fills: boolean[] = [];
    const add = (ask: Ask): void => {
      void table.add(ask);
      fills.push(table.requests.fillsBatch);
    };
    for (const ask of [call, call, call]) add(ask);
    table.requests.take();
    for (const length of [9, 1]) add(publish('e', '1'.repeat(length)));
    table.requests.take();
    add(publish('e'));
    assert.deepEqual(fills, [false, false, true, false, true, false]);
    const controller = new AbortController();
    void table.add(publish('e', '1'.repeat(8)), { signal: controller.signal });
    controller.abort();
    add(publish('e'));
    assert.equal(fills.at(-1), false);
    table.end();
    assert.equal(table.requests.fillsBatch, false);
  });
});

/** How many are in each of the messages that may be sent now. */
function takeAll(table: Table): number[] {
  const counts: number[] = [];
  for (let taken = table.requests.take(); taken.length > 0; taken = table.requests.take()) {
    const [message] = taken;
    counts.push(message?.kind === 'publishes' ? message.columns.lengths.length : 1);
  }
  return counts;
}

describe('what is on the way', () => {
  it('weighs no more than a quarter of what the server lets wait, but for one value of any length', () => {
    const table = new Table();
    table.requests.link({ messages: 1, length: 400 });
    for (const length of [100, 4, 4, 4, 4, 4, 4, 4]) void table.add(publish('e', '1'.repeat(length)));
    assert.deepEqual([takeAll(table), table.requests.areQueued], [[1], true]);
    table.answer(1);
    assert.deepEqual(takeAll(table), [5], 'of 20 each');
    table.requests.answer({ kind: 'published', first: 2, listeners: [2, 1] });
    assert.deepEqual([takeAll(table), table.requests.areQueued], [[2], false]);
    table.end();
  });

  it('counts anew on a new link', () => {
    const table = new Table();
    table.requests.link({ messages: 1, length: 100 });
    for (let n = 0; n < 4; n++) void table.add(publish('e', '1234'));
    assert.deepEqual(takeAll(table), [2]);
    table.requests.loseLink();
    table.requests.link({ messages: 1, length: 100 });
    assert.deepEqual(takeAll(table), [2]);
    table.end();
  });
});

describe('a request that is given up', () => {
  it('by a signal that is aborted already is not even queued', () => {
    const table = new Table();
    const reason = new Error('too late');
    assert.throws(() => table.add(call, { signal: AbortSignal.abort(reason) }), reason);
    assert.equal(table.requests.count, 0);
  });

  it('before it was sent is never sent', async () => {
    const table = new Table();
    const controller = new AbortController();
    const { signal } = controller;
    const [given, kept] = [table.add(publish('given up'), { signal }), table.add(publish('kept'))];
    controller.abort(new Error('changed my mind'));
    await assert.rejects(given, /changed my mind/);
    assert.equal(table.requests.count, 1);
    const [message] = table.requests.take();
    assert.deepEqual(message?.kind === 'publishes' && message.columns.names, ['kept']);
    table.answer(1, { listeners: 0 });
    await kept;
    assert.deepEqual(table.undone, []);
  });

  it('after it was sent counts until it is answered, and is undone if it was carried out', async () => {
    const table = new Table();
    const controller = new AbortController();
    const given = [1, 2, 3].map(() => table.add(call, { signal: controller.signal }));
    table.requests.take();
    controller.abort(new Error('changed my mind'));
    await Promise.all(given.map((request) => assert.rejects(request, /changed my mind/)));
    assert.equal(table.requests.count, 3);
    table.answer(1, { subscription_id: '7' });
    table.requests.answer({
      kind: 'response',
      id: 2,
      ok: false,
      failure: { code: undefined, message: 'no' },
    });
    table.requests.loseLink();
    assert.deepEqual(table.undone, [{ subscription_id: '7' }]);
    assert.equal(table.requests.count, 0);
  });

  it('by its deadline says whether it was sent', async () => {
    const table = new Table();
    const sent = table.add(call, { timeout: 1 });
    const [message] = table.requests.take();
    assert.equal(message?.kind, 'request');
    const queued = table.add(call, { timeout: 1 });
    await assert.rejects(sent, code('TIMEOUT'));
    await assert.rejects(queued, code('BACKPRESSURE'));
    assert.equal(table.requests.count, 1);
    table.end();
  });

  it('by its deadline leaves those that have more time alone, in whatever order they came', async () => {
    const table = new Table();
    const deadlines = [10_000, 5, 10_000, 1, 5].map((timeout) => table.add(call, { timeout }));
    for (const position of [3, 1, 4]) {
      await assert.rejects(deadlines[position] as Promise<Result>, code('BACKPRESSURE'));
    }
    assert.equal(table.requests.count, 2);
    table.end();
    await Promise.all(
      [0, 2].map((position) => assert.rejects(deadlines[position] as Promise<Result>, silent)),
    );
  });
});

describe('a link that is lost', () => {
  it('leaves what was sent unknown, and keeps what was not', async () => {
    const table = new Table();
    const sent = [table.add(publish('e')), table.add(call)];
    table.requests.take();
    const queued = table.add(publish('later'));
    table.requests.loseLink();
    await Promise.all(sent.map((request) => assert.rejects(request, code('OUTCOME_UNKNOWN'))));
    assert.equal(table.requests.count, 1);
    assert.deepEqual(table.requests.take(), [], 'there is no link');
    table.requests.link(undefined);
    const [message] = table.requests.take();
    assert.deepEqual(message?.kind === 'publishes' && message.columns.names, ['later']);
    assert.equal(message?.kind === 'publishes' && message.first, 3);
    table.answer(1, { stale: true });
    table.answer(3, { listeners: 1 });
    assert.deepEqual(await queued, { listeners: 1 });
  });

  it('is the outcome itself for those to whom it is one, sent or not', () => {
    const table = new Table();
    let lost = 0;
    const outcome = {
      resolve: () => assert.fail('it was lost'),
      reject: () => assert.fail('it was lost'),
      lost: () => (lost += 1),
    };
    for (let i = 0; i < 2; i++) {
      table.requests.add(call, outcome, { timeout: 10_000 });
      if (i === 0) table.requests.take();
    }
    table.requests.loseLink();
    assert.deepEqual([lost, table.requests.count], [2, 0]);
  });

  it('for good ends what is queued with the reason', async () => {
    const table = new Table();
    const queued = table.add(call);
    const error = new PubSubError('ERR_PUBSUB_CLOSED', 'for good');
    table.requests.loseQueued(error);
    await assert.rejects(queued, error);
    assert.deepEqual([table.requests.count, table.requests.take()], [0, []]);
  });
});

describe('the end of a request', () => {
  const ends: Record<string, (table: Table, controller: AbortController) => void> = {
    'its answer': (table) => table.answer(1),
    'its refusal': (table) =>
      table.requests.answer({
        kind: 'refused',
        first: 1,
        count: 1,
        failure: { code: undefined, message: 'no' },
      }),
    'its signal': (_table, controller) => controller.abort(),
    'the loss of the link': (table) => table.requests.loseLink(),
  };

  for (const [what, end] of Object.entries(ends)) {
    it(`by ${what} leaves no listener on its signal`, async () => {
      const table = new Table();
      const controller = new AbortController();
      const request = table.add(call, { signal: controller.signal });
      table.requests.take();
      assert.equal(getEventListeners(controller.signal, 'abort').length, 1);
      end(table, controller);
      await Promise.allSettled([request]);
      assert.equal(getEventListeners(controller.signal, 'abort').length, 0);
      table.end();
    });
  }

  it('by its deadline leaves no listener on its signal, sent or not', async () => {
    const table = new Table();
    const { signal } = new AbortController();
    const sent = table.add(call, { signal, timeout: 1 });
    table.requests.take();
    await Promise.allSettled([sent, table.add(call, { signal, timeout: 1 })]);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    table.end();
  });

  it('leaves no timer, once it was the last one', () => {
    const before = timers();
    const table = new Table();
    for (let i = 0; i < 3; i++) void table.add(call);
    assert.equal(timers(), before + 1);
    table.requests.take();
    for (const id of [2, 1]) table.answer(id);
    assert.equal(timers(), before + 1);
    table.answer(3);
    assert.equal(timers(), before);
  });

  it('need not hold the process', () => {
    const before = timers();
    const table = new Table();
    void table.add(call);
    table.requests.hold(false);
    assert.equal(timers(), before);
    void table.add(call, { timeout: 1_000 });
    assert.equal(timers(), before);
    table.requests.hold(true);
    assert.equal(timers(), before + 1);
    table.end();
    assert.equal(timers(), before);
  });

  it('is waited for, until none is left', async () => {
    const table = new Table();
    await table.requests.drained();
    for (let i = 0; i < 2; i++) void table.add(call);
    table.requests.take();
    let isDrained = false;
    const drained = table.requests.drained().then(() => (isDrained = true));
    table.answer(1);
    await Promise.resolve();
    assert.equal(isDrained, false);
    table.answer(2);
    await drained;
  });

  const step = fc.oneof(
    fc
      .constantFrom('publish', 'call', 'take', 'lose link', 'lose queued')
      .map((what) => ({ what, id: 0, count: 0 })),
    fc.record({
      what: fc.constantFrom('abort', 'answer', 'refuse', 'publishes'),
      id: fc.nat(8),
      count: fc.nat(4),
    }),
  );

  it('comes exactly once, whatever happens in whatever order', () => {
    const before = timers();
    holds(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const requests = new Requests(defaultLimits, () => silent);
        const settled: number[] = [];
        const controllers: AbortController[] = [];
        const add = (ask: Ask): void => {
          const position = settled.push(0) - 1;
          const controller = new AbortController();
          controllers.push(controller);
          const settle = (): void => void (settled[position] = (settled[position] as number) + 1);
          requests.add(
            ask,
            { resolve: settle, reject: settle },
            { timeout: 10_000, signal: controller.signal },
          );
        };
        const failure = { code: undefined, message: 'no' };
        for (const { what, id, count } of steps) {
          if (what === 'publish') add(publish('e'));
          else if (what === 'call') add(call);
          else if (what === 'take') requests.take();
          else if (what === 'lose link') requests.loseLink();
          else if (what === 'lose queued') requests.loseQueued(silent);
          else if (what === 'abort') controllers[id]?.abort();
          else if (what === 'answer') requests.answer({ kind: 'response', id, ok: true, result: {} });
          else if (what === 'refuse') requests.answer({ kind: 'refused', first: id, count, failure });
          else requests.answer({ kind: 'published', first: id, listeners: [count, 1] });
          assert.ok(settled.every((times) => times <= 1));
        }
        requests.loseLink();
        requests.loseQueued(silent);
        assert.ok(settled.every((times) => times === 1));
        assert.equal(requests.count, 0);
        assert.ok(controllers.every(({ signal }) => getEventListeners(signal, 'abort').length === 0));
      }),
      3_000,
    );
    assert.equal(timers(), before);
  });
});
