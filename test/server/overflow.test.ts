/** A connection that does not keep up: no more events, all of them counted, and the gap at its exact place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Server, type ServerOptions } from 'clustercast';
import { code } from '../support/codes.js';
import { FakeAdapter, type FakePeer } from '../support/fake-adapter.js';
import { endOfTurn } from '../support/turn.js';

class Stage {
  readonly adapter = new FakeAdapter();
  readonly server: Server;
  readonly publisher: FakePeer;
  readonly slow: FakePeer;
  readonly other: FakePeer;

  private constructor(server: Server, adapter: FakeAdapter, takesGaps: boolean) {
    this.server = server;
    this.adapter = adapter;
    this.publisher = adapter.connect();
    this.slow = adapter.connect(undefined, takesGaps);
    this.other = adapter.connect();
  }

  static async open(options: ServerOptions = {}, takesGaps = true): Promise<Stage> {
    const adapter = new FakeAdapter();
    const server = new Server([adapter], options);
    await server.start();
    const stage = new Stage(server, adapter, takesGaps);
    for (const peer of [stage.slow, stage.other]) {
      for (const event_name of ['a', 'b']) await peer.ask('subscribe', { event_name });
    }
    return stage;
  }

  async publish(...names: string[]): Promise<unknown[]> {
    const listeners: unknown[] = [];
    for (const event_name of names) {
      const { result } = await this.publisher.ask('publish', { event_name, value: 1 });
      listeners.push(result?.['listeners']);
    }
    await endOfTurn();
    return listeners;
  }
}

/** What a peer was told since the start: names, gaps, and the answers to its own requests. */
function toldTo({ sent }: FakePeer): unknown[] {
  return sent.flat().map((message) => {
    if (message.kind === 'events') return message.columns.names.join();
    if (message.kind === 'missed') {
      return Object.fromEntries(message.names.map((name, i) => [name, message.counts[i]]));
    }
    return message.kind;
  });
}

const subscribed = ['response', 'response'];

describe('a connection that is behind', () => {
  it('gets no events, and is told how many it has missed when it has caught up to half', async () => {
    const stage = await Stage.open();
    await stage.publish('a');
    stage.slow.backlog = 1;
    assert.deepEqual(await stage.publish('a', 'b', 'a'), [2, 2, 2], 'it counts as a listener');
    assert.deepEqual(toldTo(stage.slow), [...subscribed, 'a']);
    const { missed, gaps, behind } = stage.server.stats();
    assert.deepEqual([missed, gaps, behind], [3, 0, 1]);
    stage.slow.backlog = 0.6;
    stage.slow.accepted.drained();
    await stage.publish('b');
    assert.deepEqual(toldTo(stage.slow), [...subscribed, 'a'], 'it has not caught up');
    stage.slow.backlog = 0.5;
    stage.slow.accepted.drained();
    await endOfTurn();
    assert.deepEqual(toldTo(stage.slow), [...subscribed, 'a', { a: 2, b: 2 }]);
    await stage.publish('a');
    assert.deepEqual(toldTo(stage.slow), [...subscribed, 'a', { a: 2, b: 2 }, 'a']);
    const after = stage.server.stats();
    assert.deepEqual([after.missed, after.gaps, after.behind], [4, 1, 0]);
    assert.deepEqual(
      toldTo(stage.other),
      [...subscribed, 'a', 'a', 'b', 'a', 'b', 'a'],
      'nobody else misses any',
    );
    await stage.server.close();
  });

  it('is told with the next event where its channel does not say that it has drained', async () => {
    const stage = await Stage.open();
    stage.slow.backlog = 1;
    await stage.publish('a');
    stage.slow.backlog = 0;
    await stage.publish('b');
    assert.deepEqual(toldTo(stage.slow), [...subscribed, { a: 1 }, 'b']);
    await stage.server.close();
  });

  it('counts each event of a batch by its name', async () => {
    const stage = await Stage.open();
    stage.slow.backlog = 1;
    const columns = {
      names: ['b', 'a', 'none'],
      index: [0, 1, 0, 2, 0],
      values: '[1,1,1,1,1]',
      lengths: [1, 1, 1, 1, 1],
    };
    stage.publisher.say({ kind: 'publishes', first: 1, columns });
    stage.slow.backlog = 0;
    stage.slow.accepted.drained();
    await endOfTurn();
    assert.deepEqual(toldTo(stage.slow), [...subscribed, { b: 3, a: 1 }]);
    await stage.server.close();
  });

  it('gets the answers to its requests, after what it has missed before them', async () => {
    const stage = await Stage.open();
    stage.slow.backlog = 1;
    await stage.publish('a');
    const { result } = await stage.slow.ask('subscribe', { event_name: 'c' });
    await stage.publish('a', 'c');
    await stage.slow.ask('unsubscribe', { subscription_id: result?.['subscription_id'] });
    await stage.slow.ask('publish', { event_name: 'x', value: 1 });
    await stage.publish('c', 'b');
    stage.slow.backlog = 0;
    stage.slow.accepted.drained();
    await endOfTurn();
    const expected = [{ a: 1 }, 'response', { a: 1, c: 1 }, 'response', 'response', { b: 1 }];
    assert.deepEqual(toldTo(stage.slow), [...subscribed, ...expected]);
    await stage.server.close();
  });

  it('is told what it has missed when the server closes', async () => {
    const stage = await Stage.open();
    stage.slow.backlog = 1;
    await stage.publish('a');
    await stage.server.close();
    assert.deepEqual([toldTo(stage.slow), stage.slow.isClosed], [[...subscribed, { a: 1 }], true]);
    assert.equal(stage.server.stats().behind, 0);
  });

  it('is behind no more when it has ended', async () => {
    const stage = await Stage.open();
    stage.slow.backlog = 1;
    await stage.publish('a');
    stage.slow.leave();
    stage.slow.accepted.drained();
    assert.equal(stage.server.stats().behind, 0);
    await stage.server.close();
  });

  it('is counted once where its channel fails as it is told', async () => {
    for (const end of ['drain', 'close'] as const) {
      const stage = await Stage.open({ limits: { batchMessages: 1 } });
      stage.slow.backlog = 1;
      await stage.publish('a');
      stage.slow.backlog = 0;
      stage.slow.sendError = new Error('the channel fails');
      if (end === 'drain') stage.slow.accepted.drained();
      else await stage.server.close();
      assert.equal(stage.server.stats().behind, 0);
      await stage.server.close();
    }
  });

  it('is told of many names in several messages', async () => {
    const stage = await Stage.open({ limits: { batchMessages: 2 } });
    const names = ['c', 'd', 'e'];
    for (const event_name of names) await stage.slow.ask('subscribe', { event_name });
    stage.slow.backlog = 1;
    await stage.publish(...names);
    stage.slow.backlog = 0;
    stage.slow.accepted.drained();
    await endOfTurn();
    assert.deepEqual(toldTo(stage.slow).slice(-2), [{ c: 1, d: 1 }, { e: 1 }]);
    await stage.server.close();
  });

  for (const [what, options, takesGaps] of [
    ["where the server's overflow is 'disconnect'", { overflow: 'disconnect' }, true],
    ['if it does not understand gaps', {}, false],
  ] as const) {
    it(`is ended ${what}`, async () => {
      const stage = await Stage.open(options, takesGaps);
      stage.slow.backlog = 1;
      assert.deepEqual(await stage.publish('a', 'a'), [2, 1]);
      assert.deepEqual([toldTo(stage.slow), stage.slow.isClosed], [subscribed, true]);
      const { connections, subscriptions, behind } = stage.server.stats();
      assert.deepEqual([connections, subscriptions, behind], [2, 2, 0]);
      assert.deepEqual(toldTo(stage.other), [...subscribed, 'a', 'a']);
      await stage.server.close();
    });
  }
});

describe('the overflow of a server', () => {
  it("is 'gap' or 'disconnect', and nothing else", () => {
    for (const overflow of ['drop', '', null, 1]) {
      assert.throws(() => new Server([], { overflow } as unknown as ServerOptions), code('INVALID_ARGUMENT'));
    }
  });
});

describe('a connection whose process gives no sign of life', () => {
  it('is counted while it lasts', async () => {
    const stage = await Stage.open();
    for (const peer of [stage.slow, stage.slow, stage.other]) peer.accepted.stale(true);
    assert.equal(stage.server.stats().stale, 2);
    stage.slow.accepted.stale(false);
    assert.equal(stage.server.stats().stale, 1);
    stage.other.leave();
    stage.other.accepted.stale(true);
    assert.equal(stage.server.stats().stale, 0);
    await stage.server.close();
  });
});
