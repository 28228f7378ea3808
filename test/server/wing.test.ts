/** What a wing can do with its server: answers that come later, events of its own, and its life. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Later, PubSubError, type Answer, type ClientInfo } from 'clustercast';
import { Server } from '#lib/server/server.js';
import type { Caller, Method } from '#lib/server/methods.js';
import type { Wing, WingHost } from '#lib/server/wing.js';
import { code } from '../support/codes.js';
import { FakeAdapter, type FakePeer } from '../support/fake-adapter.js';
import { endOfTurn } from '../support/turn.js';

const event = '$clustercast/test/e';

/** A server with one wing: what `later` was asked is answered when the test says so. */
class Stage extends Server {
  readonly adapter: FakeAdapter;
  host!: WingHost;
  readonly answers: Answer[] = [];
  /** The ids of subscriptions that are over. */
  readonly ended: string[] = [];
  /** Those of clients that had not ended them themselves, nor were gone. */
  readonly endedHere: string[] = [];
  readonly callers: Caller[] = [];

  constructor(wing: Partial<Wing> = {}) {
    const adapter = new FakeAdapter();
    super([adapter]);
    this.adapter = adapter;
    this.addWing((host) => {
      this.host = host;
      return { methods: this.#methods(), ...wing };
    });
  }

  /** As a wing does that is added by a subclass. */
  add(wing: Wing): Wing {
    return this.addWing(() => wing);
  }

  #methods(): Record<string, Method> {
    return {
      later: () => new Later((answer) => void this.answers.push(answer)),
      never: () => new Later(() => undefined),
      throws: () =>
        new Later(() => {
          throw new PubSubError('ERR_PUBSUB_LIMIT', 'not now');
        }),
      twice: () =>
        new Later((answer) => {
          answer(() => ({ n: 1 }));
          answer(() => ({ n: 2 }));
          throw new Error('after the answer');
        }),
      enter: (caller) => {
        this.callers.push(caller);
        const id = this.host.subscribe(caller, event, (isGone) => {
          this.ended.push(id);
          if (!isGone) this.endedHere.push(id);
        });
        return { subscription_id: id };
      },
      tell: () => {
        this.host.publish(event, '"told"');
        return {};
      },
    };
  }
}

const nothing: Method = () => ({});

/** Asks without waiting for the answer. */
function ask(peer: FakePeer, id: string, method: string): void {
  peer.say({ kind: 'request', id, clientId: undefined, method, params: {} });
}

function summary({ responses }: FakePeer): unknown[] {
  return responses.map(({ request_id: id, result, code: refusal }) => [id, result?.['n'] ?? refusal]);
}

describe('an answer that comes later', () => {
  it('is said once, when it is given, whatever was asked and answered meanwhile', async () => {
    const stage = new Stage();
    await stage.start();
    const peer = stage.adapter.connect();
    for (const id of ['1', '2']) ask(peer, id, 'later');
    await peer.ask('tell');
    assert.deepEqual(peer.responses.length, 1);
    const [first, second] = stage.answers as [Answer, Answer];
    second(() => ({ n: 2 }));
    first(() => ({ n: 1 }));
    first(() => ({ n: 3 }));
    second(() => assert.fail('it was answered'));
    await endOfTurn();
    assert.deepEqual(summary(peer).slice(1), [
      ['2', 2],
      ['1', 1],
    ]);
    // It says whose it was, as any other does.
    assert.equal(peer.responses[1]?.result?.['client_id'], peer.accepted.clientId);
    await stage.close();
  });

  it('may be a refusal, or a defect of which the client learns nothing', async () => {
    const stage = new Stage();
    await stage.start();
    const peer = stage.adapter.connect();
    for (const id of ['1', '2']) ask(peer, id, 'later');
    stage.answers[0]?.(() => {
      throw new PubSubError('ERR_PUBSUB_FORBIDDEN', 'no');
    });
    stage.answers[1]?.(() => {
      throw new Error('secret');
    });
    assert.equal((await peer.ask('throws')).code, 'ERR_PUBSUB_LIMIT');
    assert.deepEqual(summary(peer).slice(0, 2), [
      ['1', 'ERR_PUBSUB_FORBIDDEN'],
      ['2', 'ERR_PUBSUB_PROTOCOL'],
    ]);
    assert.equal(JSON.stringify(peer.responses).includes('secret'), false);
    assert.equal(stage.stats().refused, 3);
    await stage.close();
  });

  it('is one answer, also where a wing gives two and throws', async () => {
    const stage = new Stage();
    await stage.start();
    const peer = stage.adapter.connect();
    assert.equal((await peer.ask('twice')).result?.['n'], 1);
    await stage.close();
  });

  it('may come later still', async () => {
    const stage = new Stage();
    await stage.start();
    const peer = stage.adapter.connect();
    ask(peer, '1', 'later');
    let inner: Answer | undefined;
    stage.answers[0]?.(() => new Later((answer) => (inner = answer)));
    await endOfTurn();
    assert.deepEqual(peer.responses, []);
    inner?.(() => ({ n: 1 }));
    await endOfTurn();
    assert.deepEqual(summary(peer), [['1', 1]]);
    await stage.close();
  });

  it('stands in order with the events: what it does is told before it, and what comes after a cut is, after it', async () => {
    const stage = new Stage();
    await stage.start();
    const peer = stage.adapter.connect();
    await peer.ask('enter');
    ask(peer, '1', 'later');
    stage.host.publish(event, '1');
    stage.answers[0]?.(() => {
      stage.host.publish(event, '2');
      stage.host.cut();
      return { n: 1 };
    });
    stage.host.publish(event, '3');
    stage.host.publish(event, '4');
    await endOfTurn();
    const said = peer.sent
      .at(-1)
      ?.map((message) => (message.kind === 'events' ? message.columns.values : 'answer'));
    assert.deepEqual(said, ['[1,2]', 'answer', '[3,4]']);
    await stage.close();
  });

  it('is not carried out after the connection has ended', async () => {
    const stage = new Stage();
    await stage.start();
    const peers = [stage.adapter.connect(), stage.adapter.connect()] as const;
    for (const peer of peers) ask(peer, '1', 'later');
    peers[0].leave();
    await stage.close();
    for (const answer of stage.answers) answer(() => assert.fail('nobody is there'));
    await endOfTurn();
    for (const { responses } of peers) assert.deepEqual(responses, []);
  });
});

describe("an event of the server's own", () => {
  it('goes to those whom the wing has subscribed, and whoever asks gets no part in it', async () => {
    const stage = new Stage();
    await stage.start();
    const [one, two, three] = [stage.adapter.connect(), stage.adapter.connect(), stage.adapter.connect()];
    await one.ask('enter');
    await two.ask('enter');
    assert.equal((await three.ask('subscribe', { event_name: event })).code, 'ERR_PUBSUB_INVALID_ARGUMENT');
    assert.equal(
      (await three.ask('publish', { event_name: event, value: 1 })).code,
      'ERR_PUBSUB_INVALID_ARGUMENT',
    );
    // Also to who causes it.
    await one.ask('tell');
    await endOfTurn();
    assert.deepEqual([one.events, two.events, three.events], [[[event, 'told']], [[event, 'told']], []]);
    await stage.close();
  });

  it('tells the wing once when a subscription is over: by unsubscribe, the end of the link, or of the server', async () => {
    const stage = new Stage();
    await stage.start();
    const [one, two, three] = [stage.adapter.connect(), stage.adapter.connect(), stage.adapter.connect()];
    for (const peer of [one, one, two, two, three]) await peer.ask('enter');
    assert.equal((await two.ask('unsubscribe', { subscription_id: '1' })).code, 'ERR_PUBSUB_FORBIDDEN');
    assert.deepEqual(stage.ended, []);
    await one.ask('unsubscribe', { subscription_id: '1' });
    assert.deepEqual(stage.ended, ['1']);
    assert.equal((await one.ask('unsubscribe', { subscription_id: '1' })).code, 'ERR_PUBSUB_FORBIDDEN');
    two.leave();
    two.leave();
    assert.deepEqual(stage.ended, ['1', '3', '4']);
    await stage.close();
    assert.deepEqual(new Set(stage.ended), new Set(['1', '2', '3', '4', '5']));
    assert.deepEqual(new Set(stage.endedHere), new Set(['2', '5']));
    assert.equal(stage.ended.length, 5);
    one.leave();
    assert.equal(stage.ended.length, 5);
    assert.equal(stage.stats().subscriptions, 0);
  });

  it('is heard by nobody once its subscription is over, also not by who is told so', async () => {
    const stage = new Stage();
    await stage.start();
    const peer = stage.adapter.connect();
    await peer.ask('enter');
    await peer.ask('unsubscribe', { subscription_id: '1' });
    await peer.ask('tell');
    assert.deepEqual(peer.events, []);
    await stage.close();
  });
});

describe('a wing', () => {
  it('is added before the start, with methods that are its own', async () => {
    const stage = new Stage();
    assert.throws(() => stage.add({ methods: { later: nothing } }), code('INVALID_ARGUMENT'));
    assert.throws(() => stage.add({ methods: { publish: nothing } }), code('INVALID_ARGUMENT'));
    stage.add({ methods: { other: nothing } });
    await stage.start();
    assert.throws(() => stage.add({ methods: { late: nothing } }), code('STARTED'));
    assert.equal((await stage.adapter.connect().ask('other')).status, true);
    await stage.close();
  });

  it('looks at whom it is to know before anybody else does, and may refuse them', async () => {
    const known: string[] = [];
    const register = ({ id }: ClientInfo): void => {
      if (id.startsWith('bad')) throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', 'bad');
      known.push(id);
    };
    const stage = new Stage({ register });
    assert.throws(() => stage.registerClient({ id: 'bad-0123456789abc' }), code('INVALID_ARGUMENT'));
    stage.registerClient({ id: 'good-0123456789ab' });
    await stage.start();
    assert.deepEqual(known, ['good-0123456789ab']);
    assert.throws(() => stage.adapter.connect('bad-0123456789abc'), code('UNAUTHORIZED'));
    const peer = stage.adapter.connect('good-0123456789ab');
    await peer.ask('enter');
    await stage.close();
  });

  it('starts with the server and closes after its connections', async () => {
    const story: string[] = [];
    const stage = new Stage({
      start: () => void story.push('start'),
      close: () => void story.push(`close with ${stage.stats().connections} connections`),
    });
    await stage.start();
    stage.adapter.connect();
    await stage.close();
    assert.deepEqual(story, ['start', 'close with 0 connections']);
  });

  it('that does not start ends the start, and that does not close the close', async () => {
    const error = new Error('no such file');
    const refuse = (): Promise<void> => Promise.reject(error);
    const unstarted = new Stage({ start: refuse });
    await assert.rejects(unstarted.start(), error);
    assert.deepEqual(unstarted.adapter.calls, ['start', 'close']);
    const stuck = new Stage({ close: refuse });
    await stuck.start();
    await assert.rejects(stuck.close(), error);
    assert.deepEqual(stuck.adapter.calls, ['start', 'close']);
  });
});
