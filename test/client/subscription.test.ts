/** A subscription by itself: to a handler or to whoever iterates, with gaps at their place, to its end. */
// oxlint-disable unicorn/no-thenable -- handlers of applications may return such things
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, type Gap, type Handler } from 'clustercast';
import { ActiveSubscription } from '#lib/client/subscription.js';
import { code } from '../support/codes.js';

const reconnect: Gap = { reason: 'reconnect', count: undefined, events: undefined };
type Reject = (error: unknown) => void;

const done = { done: true, value: undefined };

/** A client of one subscription, which keeps what it is told. */
class Host {
  readonly limits = { ...defaultLimits, bufferMessages: 3 };
  readonly failures: unknown[] = [];
  readonly gaps: Gap[] = [];
  drops = 0;
  dropError: Error | undefined;

  subscribe(handler?: Handler<unknown>, onGap?: (gap: Gap) => void): ActiveSubscription {
    return new ActiveSubscription('e', this, handler, onGap);
  }

  failed(error: unknown): void {
    this.failures.push(error);
  }

  missed(gap: Gap): void {
    this.gaps.push(gap);
  }

  async drop(subscription: ActiveSubscription): Promise<void> {
    this.drops += 1;
    subscription.end();
    if (this.dropError !== undefined) return Promise.reject(this.dropError);
  }
}

function deliver(subscription: ActiveSubscription, ...values: unknown[]): void {
  for (const value of values) subscription.deliver(value, 1);
}

describe('a subscription with a handler', () => {
  it('calls it with each value, in the very call that delivers', () => {
    const calls: unknown[] = [];
    const subscription = new Host().subscribe((...args) => calls.push(args));
    deliver(subscription, 1, null);
    assert.deepEqual(calls, [
      [1, { event: 'e', value: 1 }],
      [null, { event: 'e', value: null }],
    ]);
  });

  it('tells the client what it throws, or rejects with, and goes on', async () => {
    const host = new Host();
    const thrown = new Error('thrown');
    const rejected = new Error('rejected');
    const outcomes = [
      () => {
        throw thrown;
      },
      () => Promise.reject(rejected),
      () => ({ then: (_: unknown, reject: Reject) => reject('thenable') }),
      () => ({
        get then() {
          throw thrown;
        },
      }),
      () => ({ then: 'not a function' }),
      () => null,
    ];
    const subscription = host.subscribe((position) => outcomes[Number(position)]?.());
    deliver(subscription, ...outcomes.keys());
    await Promise.resolve();
    assert.equal(host.failures.length, 4);
    assert.deepEqual(new Set(host.failures), new Set([thrown, rejected, 'thenable']));
  });

  it('tells a gap between the values that it lies between', () => {
    const story: unknown[] = [];
    const subscription = new Host().subscribe(
      (value) => story.push(value),
      (gap) => story.push(gap),
    );
    deliver(subscription, 1);
    subscription.miss(reconnect);
    deliver(subscription, 2);
    assert.deepEqual(story, [1, reconnect, 2]);
  });

  it('calls nothing once it has ended', () => {
    const calls: unknown[] = [];
    const subscription = new Host().subscribe(
      (value) => calls.push(value),
      (gap) => calls.push(gap),
    );
    subscription.end();
    deliver(subscription, 1);
    subscription.miss(reconnect);
    assert.deepEqual(calls, []);
  });

  it('cannot be iterated', () => {
    const subscription = new Host().subscribe(() => undefined);
    assert.throws(() => subscription[Symbol.asyncIterator](), code('INVALID_ARGUMENT'));
  });
});

describe('iterating a subscription', () => {
  it('gives what had arrived, then what arrives, in order', async () => {
    const subscription = new Host().subscribe();
    deliver(subscription, 1, 2);
    const values = subscription[Symbol.asyncIterator]();
    const taken = [values.next(), values.next(), values.next(), values.next()];
    deliver(subscription, 3, undefined);
    assert.deepEqual(
      await Promise.all(taken),
      [1, 2, 3, undefined].map((value) => ({ done: false, value })),
    );
  });

  it('shares the values among several iterations', async () => {
    const subscription = new Host().subscribe();
    const [one, two] = [subscription[Symbol.asyncIterator](), subscription[Symbol.asyncIterator]()];
    const taken = [one.next(), two.next(), one.next()];
    deliver(subscription, 1, 2, 3);
    assert.deepEqual(
      (await Promise.all(taken)).map(({ value }) => value),
      [1, 2, 3],
    );
    assert.equal(one[Symbol.asyncIterator](), one);
  });

  it('tells a gap once what came before it was taken, and at once to whoever waits', async () => {
    const story: unknown[] = [];
    const subscription = new Host().subscribe(undefined, ({ reason }) => story.push(reason));
    const values = subscription[Symbol.asyncIterator]();
    deliver(subscription, 1);
    subscription.miss(reconnect);
    deliver(subscription, 2);
    for (let i = 0; i < 2; i++) story.push((await values.next()).value);
    const waiting = values.next();
    subscription.miss({ ...reconnect, reason: 'restart' });
    deliver(subscription, 3);
    story.push((await waiting).value);
    assert.deepEqual(story, [1, 'reconnect', 2, 'restart', 3]);
  });

  it('tells what its buffer had no room for, to the client as well', async () => {
    const host = new Host();
    const told: Gap[] = [];
    const subscription = host.subscribe(undefined, (gap) => told.push(gap));
    deliver(subscription, 1, 2, 3, 4, 5);
    const values = subscription[Symbol.asyncIterator]();
    for (const value of [1, 2, 3]) {
      assert.equal((await values.next()).value, value);
      assert.equal(told.length + host.gaps.length, 0);
    }
    const waiting = values.next();
    const overflow: Gap = { reason: 'overflow', count: 2, events: new Map([['e', 2]]) };
    assert.deepEqual([told, host.gaps], [[overflow], [overflow]]);
    deliver(subscription, 6);
    assert.equal((await waiting).value, 6);
  });

  it('goes on where what is told of a gap throws, and the client hears of it', async () => {
    const host = new Host();
    const error = new Error('onGap');
    const subscription = host.subscribe(undefined, () => {
      throw error;
    });
    subscription.miss(reconnect);
    deliver(subscription, 1);
    assert.equal((await subscription[Symbol.asyncIterator]().next()).value, 1);
    assert.deepEqual(host.failures, [error]);
  });
});

describe('the end of a subscription', () => {
  it('without an error drops what it kept, and ends those who wait and those who come', async () => {
    const subscription = new Host().subscribe();
    const values = subscription[Symbol.asyncIterator]();
    const waiting = [values.next(), values.next()];
    subscription.end();
    const kept = new Host().subscribe();
    deliver(kept, 1);
    kept.end();
    const ends = [...waiting, values.next(), kept[Symbol.asyncIterator]().next()];
    assert.deepEqual(await Promise.all(ends), [done, done, done, done]);
  });

  it('with an error comes after what it kept, and is thrown once', async () => {
    const subscription = new Host().subscribe(undefined, () => undefined);
    deliver(subscription, 1, 2);
    subscription.miss(reconnect);
    const error = new Error('the link');
    subscription.end(error);
    subscription.end();
    deliver(subscription, 3);
    const taken: unknown[] = [];
    await assert.rejects(async () => {
      for await (const value of subscription) taken.push(value);
    }, error);
    assert.deepEqual(taken, [1, 2]);
    assert.deepEqual(await subscription[Symbol.asyncIterator]().next(), done);
  });

  it('with an error is thrown to one of those who wait', async () => {
    const subscription = new Host().subscribe();
    const values = subscription[Symbol.asyncIterator]();
    const waiting = [values.next(), values.next()] as const;
    const error = new Error('the link');
    subscription.end(error);
    await assert.rejects(waiting[0], error);
    assert.deepEqual(await waiting[1], done);
  });

  it('asks the server once, however often and in whatever way it is asked for', async () => {
    const host = new Host();
    const subscription = host.subscribe();
    const values = subscription[Symbol.asyncIterator]();
    await Promise.all([subscription.unsubscribe(), subscription.unsubscribe(), values.return?.()]);
    await subscription[Symbol.asyncDispose]();
    assert.equal(host.drops, 1);
  });

  it('by leaving the loop tells the client what the server says against it', async () => {
    const host = new Host();
    host.dropError = new Error('refused');
    const subscription = host.subscribe();
    deliver(subscription, 1);
    for await (const _ of subscription) break;
    assert.deepEqual([host.drops, host.failures], [1, [host.dropError]]);
    await assert.rejects(subscription.unsubscribe(), host.dropError);
  });
});
