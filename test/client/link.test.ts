/** The link: one channel at a time, what is said when, and what becomes of it when the channel is lost. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, PubSubError, type Limits } from 'clustercast';
import { deferred } from '#lib/client/deferred.js';
import { Link, type LinkHost } from '#lib/client/link.js';
import type { Ask } from '#lib/client/requests.js';
import type { Result } from '#lib/protocol/messages.js';
import { code } from '../support/codes.js';
import { FakeConnector } from '../support/fake-connector.js';
import { timers } from '../support/timers.js';
import { endOfTurn } from '../support/turn.js';
import { until, within } from '../support/until.js';

const call: Ask = { method: 'm', params: {} };
const publish: Ask = { event: 'e', value: '1' };

/** A link with a host that keeps what it is told. */
class Linked {
  readonly connector = new FakeConnector();
  readonly story: unknown[][] = [];
  readonly link: Link;
  readonly ended = deferred<void>();

  constructor(limits: Partial<Limits> = {}, timeout = 10_000) {
    const tell =
      (what: string) =>
      (...args: unknown[]): void =>
        void this.story.push([what, ...args]);
    const host: LinkHost = {
      opened: tell('opened'),
      lost: tell('lost'),
      unanswered: tell('unanswered'),
      events: tell('events'),
      skipped: tell('skipped'),
      stale: tell('stale'),
      failed: tell('failed'),
      ended: (error) => {
        tell('ended')(error);
        this.ended.resolve();
      },
    };
    this.link = new Link(this.connector, host, { ...defaultLimits, ...limits }, timeout);
  }

  get told(): unknown[] {
    return this.story.map(([what]) => what);
  }

  ask(ask: Ask): Promise<Result> {
    const { promise, resolve, reject } = deferred<Result>();
    promise.catch(() => undefined);
    this.link.ask(ask, { resolve, reject }, { timeout: 10_000 });
    return promise;
  }

  /** Ends it, whatever is left. */
  async end(): Promise<void> {
    const { channel } = this.connector;
    if (!channel.isClosed) channel.lose({ isFinal: true });
    await this.ended.promise;
  }
}

describe('a link that opens', () => {
  it('opens one channel, tells of it, and then says in order what was asked before', async () => {
    const linked = new Linked();
    const { channel } = linked.connector;
    const answers = [linked.ask(publish), linked.ask(call), linked.ask(publish)];
    await endOfTurn();
    assert.deepEqual([linked.told, channel.sent], [[], []]);
    channel.open({ epoch: 'x' });
    assert.deepEqual(linked.story, [['opened', { epoch: 'x', clientId: 'me', capabilities: ['batch'] }]]);
    const asked = await channel.asked();
    assert.deepEqual(
      asked.map(({ request_id, method }) => [request_id, method]),
      [
        ['1', 'publish'],
        ['2', 'm'],
        ['3', 'publish'],
      ],
    );
    channel.accept(asked);
    await Promise.all(answers);
    assert.deepEqual([linked.connector.channels.length, linked.link.pending], [1, 0]);
    await linked.end();
  });

  it('says what is asked in one turn together, and what fills a batch at once', async () => {
    const linked = new Linked({ batchMessages: 3 });
    const { channel } = linked.connector;
    channel.open();
    for (let i = 0; i < 2; i++) void linked.ask(call);
    assert.equal(channel.sent.length, 0);
    void linked.ask(publish);
    assert.equal(channel.sent.length, 1);
    void linked.ask(call);
    await endOfTurn();
    assert.deepEqual(
      channel.sent.map(({ length }) => length),
      [3, 1],
    );
    await linked.end();
  });

  it('says what has waited for it in batches within the limit', async () => {
    const linked = new Linked({ batchMessages: 4 });
    const { channel } = linked.connector;
    for (let i = 0; i < 10; i++) void linked.ask(i % 3 === 0 ? call : publish);
    assert.equal(channel.sent.length, 0);
    channel.open();
    assert.equal((await channel.asked()).length, 10);
    for (const messages of channel.sent) {
      const requests = messages.map((message) =>
        message.kind === 'publishes' ? message.columns.lengths.length : 1,
      );
      assert.ok(requests.reduce((sum, count) => sum + count, 0) <= 4, `${requests.join('+')} at once`);
    }
    await linked.end();
  });

  it('tells once that nobody answers in time, and goes on trying', async () => {
    const before = timers();
    const linked = new Linked({}, 1);
    await until(() => linked.told.length === 1, 'the silence');
    const [[what, error]] = linked.story as [[string, PubSubError]];
    assert.deepEqual([what, error.code], ['unanswered', 'ERR_PUBSUB_NO_PRIMARY']);
    assert.match(error.message, /within 1 ms: the test is silent$/);
    linked.connector.channel.open();
    assert.deepEqual(linked.told, ['unanswered', 'opened']);
    assert.equal(timers(), before);
    await linked.end();
  });

  it('has no timer left once it is open, or has ended before', async () => {
    const before = timers();
    const [opened, ended] = [new Linked(), new Linked()];
    assert.equal(timers(), before + 2);
    opened.connector.channel.open();
    await ended.end();
    assert.equal(timers(), before);
    await opened.end();
  });

  it('passes on whether it holds the process, and does so itself', async () => {
    const before = timers();
    const linked = new Linked();
    void linked.ask(call);
    linked.link.unref();
    assert.equal(timers(), before);
    linked.link.ref();
    assert.equal(timers(), before + 2);
    assert.deepEqual(linked.connector.holds, ['unref', 'ref']);
    await linked.end();
  });
});

describe('what a link receives', () => {
  it('goes to the one whom it concerns', async () => {
    const linked = new Linked();
    const { channel } = linked.connector;
    channel.open();
    const request = linked.ask(call);
    channel.accept(await channel.asked());
    await request;
    channel.publish('e', 1);
    const [, [what, columns]] = linked.story as [unknown, [string, unknown]];
    assert.deepEqual([what, columns], ['events', { names: ['e'], values: '[1]', lengths: [1] }]);
    await linked.end();
  });

  it('raises an error where it is nonsense, and what comes with it is heard', async () => {
    const linked = new Linked();
    const { channel } = linked.connector;
    channel.open();
    const request = linked.ask(call);
    const { request_id: id } = await channel.askedOne();
    channel.say(
      { kind: 'malformed', id: '', problem: 'no sense' },
      { kind: 'response', id, ok: true, result: {} },
    );
    await request;
    const [, [what, error]] = linked.story as [unknown, [string, PubSubError]];
    assert.deepEqual([what, error.code], ['failed', 'ERR_PUBSUB_PROTOCOL']);
    assert.match(error.message, /no sense/);
    assert.equal(channel.isClosed, false);
    await linked.end();
  });
});

describe('a refusal of what the server could not read', () => {
  it('raises an error with its code, and answers no request', async () => {
    const linked = new Linked();
    const { channel } = linked.connector;
    channel.open();
    void linked.ask(call);
    await endOfTurn();
    const failure = { code: 'ERR_PUBSUB_LIMIT', message: 'too deep' } as const;
    channel.say({ kind: 'response', id: '', ok: false, failure });
    channel.say({ kind: 'response', id: '', ok: true, result: {} });
    const [, [what, error], ...rest] = linked.story as [unknown, [string, PubSubError]];
    assert.deepEqual([what, error.code, error.message, rest], ['failed', 'ERR_PUBSUB_LIMIT', 'too deep', []]);
    assert.equal(linked.link.pending, 1);
    await linked.end();
  });
});

describe('a link that is lost', () => {
  it('says so, leaves what was sent unknown, and says what was queued on the next channel', async () => {
    const linked = new Linked();
    const first = linked.connector.channel;
    first.open();
    const sent = linked.ask(publish);
    await endOfTurn();
    const queued = [linked.ask(publish), linked.ask(call)];
    const error = new PubSubError('ERR_PUBSUB_CLOSED', 'gone');
    first.lose({ isFinal: false, error });
    await assert.rejects(sent, code('OUTCOME_UNKNOWN'));
    queued.push(linked.ask(publish));
    assert.equal(linked.connector.channels.length, 2);
    const second = linked.connector.channel;
    await endOfTurn();
    assert.equal(second.sent.length, 0);
    second.open({ epoch: 'second' });
    const asked = await second.asked();
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['publish', 'm', 'publish'],
    );
    second.accept(asked);
    await Promise.all(queued);
    assert.deepEqual(
      [linked.told, linked.story[1]],
      [
        ['opened', 'lost', 'opened'],
        ['lost', error],
      ],
    );
    await linked.end();
  });

  it('hears no more from a channel that is over', async () => {
    const linked = new Linked();
    const first = linked.connector.channel;
    first.open();
    first.lose();
    const second = linked.connector.channel;
    first.open();
    first.publish('e', 1);
    first.lose({ isFinal: true });
    assert.deepEqual([linked.told, linked.connector.channels.length], [['opened', 'lost'], 2]);
    second.open();
    const request = linked.ask(call);
    await endOfTurn();
    first.say({ kind: 'response', id: '1', ok: true, result: { stale: true } });
    second.say({ kind: 'response', id: '1', ok: true, result: { stale: false } });
    assert.deepEqual(await request, { stale: false });
    await linked.end();
  });

  it('before it was open is not told, and tried again', async () => {
    const linked = new Linked();
    linked.connector.channel.lose();
    assert.deepEqual([linked.told, linked.connector.channels.length], [[], 2]);
    await linked.end();
  });

  for (const wasOpen of [true, false]) {
    it(`for good ${wasOpen ? 'after' : 'before'} it was open ends with the reason, and with what was asked`, async () => {
      const before = timers();
      const linked = new Linked();
      if (wasOpen) linked.connector.channel.open();
      const queued = linked.ask(call);
      const error = new PubSubError('ERR_PUBSUB_UNAUTHORIZED', 'unknown');
      linked.connector.channel.lose({ isFinal: true, error });
      await assert.rejects(queued, error);
      assert.deepEqual(linked.told, wasOpen ? ['opened', 'lost', 'ended'] : ['ended']);
      assert.deepEqual(linked.story.at(-1), ['ended', error]);
      assert.throws(() => void linked.ask(call), { code: 'ERR_PUBSUB_CLOSED', cause: error });
      linked.link.close();
      await endOfTurn();
      assert.equal(linked.told.filter((what) => what === 'ended').length, 1);
      assert.deepEqual([linked.connector.channels.length, timers()], [1, before]);
    });
  }

  it('for good without a reason gets one', async () => {
    const linked = new Linked();
    linked.connector.channel.lose({ isFinal: true });
    await linked.ended.promise;
    const [[, error]] = linked.story as [[string, PubSubError]];
    assert.equal(error.code, 'ERR_PUBSUB_CLOSED');
  });
});

describe('a link that is closed', () => {
  it('takes nothing more, and ends once what was asked has been answered', async () => {
    const linked = new Linked();
    const { channel } = linked.connector;
    channel.open();
    const request = linked.ask(call);
    linked.link.close();
    linked.link.close();
    assert.throws(() => void linked.ask(call), code('CLOSED'));
    const asked = await channel.asked();
    assert.deepEqual([channel.isClosed, linked.told], [false, ['opened']]);
    channel.accept(asked);
    await request;
    await linked.ended.promise;
    assert.deepEqual([channel.isClosed, linked.story.slice(1)], [true, [['ended', undefined]]]);
  });

  it('before it was open waits to say what was asked', async () => {
    const linked = new Linked();
    const { channel } = linked.connector;
    const request = linked.ask(call);
    linked.link.close();
    await endOfTurn();
    assert.deepEqual([linked.told, channel.isClosed], [[], false]);
    channel.open();
    channel.accept(await channel.asked());
    await request;
    await linked.ended.promise;
  });

  it('with nothing to say ends at once, open or not', async () => {
    const before = timers();
    for (const isOpen of [true, false]) {
      const linked = new Linked();
      if (isOpen) linked.connector.channel.open();
      linked.link.close();
      await linked.ended.promise;
      assert.equal(linked.connector.channel.isClosed, true);
      linked.connector.channel.open();
      linked.connector.channel.lose();
      assert.deepEqual(linked.told, isOpen ? ['opened', 'ended'] : ['ended']);
    }
    assert.equal(timers(), before);
  });

  it('and lost meanwhile says the rest on another channel', async () => {
    const linked = new Linked();
    linked.connector.channel.open();
    const request = linked.ask(call);
    linked.link.close();
    linked.connector.channel.lose();
    const { channel } = linked.connector;
    channel.open();
    channel.accept(await channel.asked());
    await request;
    await linked.ended.promise;
    assert.equal(channel.isClosed, true);
  });

  it('does not wait for ever for the answer to what was given up', async () => {
    // Each request is sent at once, before it can be past its time.
    const linked = new Linked({ batchMessages: 1 });
    linked.connector.channel.open();
    const controller = new AbortController();
    const overdue = deferred<unknown>();
    const outcome = { resolve: () => undefined, reject: overdue.resolve };
    linked.link.ask(call, { ...outcome, reject: () => undefined }, { timeout: 1, signal: controller.signal });
    controller.abort();
    linked.link.ask(call, outcome, { timeout: 1 });
    assert.equal((await linked.connector.channel.asked()).length, 2);
    assert.equal(((await overdue.promise) as PubSubError).code, 'ERR_PUBSUB_TIMEOUT');
    linked.link.close();
    try {
      await within(linked.ended.promise, 'the end of the link', 2_000);
    } finally {
      await linked.end();
    }
  });
});
