/** The methods of the server, by what they do to its index: parameters, rights, limits, counts. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, type Identity, type Limits } from 'clustercast';
import { encodedValues, oneEvent, type Columns } from '#lib/protocol/columns.js';
import type { Params, Result } from '#lib/protocol/messages.js';
import { Access } from '#lib/server/access.js';
import { Broker, type Member } from '#lib/server/broker.js';
import type { Topic } from '#lib/server/topics.js';
import { code } from '../support/codes.js';

const everything: Identity = { clientId: 'all', canPublish: true, canSubscribe: true };

/** A connection that keeps what it is told. */
class FakeMember implements Member {
  readonly label = 'member';
  readonly isOpen = true;
  readonly subscriptions = new Map<number, Topic<Member>>();
  readonly delivered: string[] = [];

  deliver(columns: Columns): void {
    this.delivered.push(...encodedValues(columns));
  }

  tell(): void {
    assert.fail('a broker tells nothing by itself');
  }

  /** How many subscriptions it had each time that it told what it has missed. */
  readonly told: number[] = [];

  tellMissed(): void {
    this.told.push(this.subscriptions.size);
  }

  end(): void {
    assert.fail('a broker ends nobody by itself');
  }
}

class Stage {
  readonly broker: Broker;
  readonly lines: string[] = [];
  readonly one = new FakeMember();
  readonly two = new FakeMember();

  constructor(limits: Partial<Limits> = {}) {
    const all = { ...defaultLimits, ...limits };
    const write = (format: string): number => this.lines.push(format);
    this.broker = new Broker(new Access(all), all, Object.assign(write, { enabled: true }));
    for (const member of [this.one, this.two]) this.broker.join(member);
  }

  call(member: Member, method: string, params: Params, identity = everything): Result {
    return this.broker.call(member, identity, method, params) as Result;
  }

  get counts(): number[] {
    return [this.broker.subscriptions, this.broker.events, this.broker.counters.published];
  }
}

describe('publishing', () => {
  it('hands the text of the value to the others, and counts them', () => {
    const stage = new Stage();
    stage.call(stage.one, 'subscribe', { event_name: 'e' });
    stage.call(stage.one, 'subscribe', { event_name: 'e' });
    assert.deepEqual(stage.call(stage.two, 'publish', { event_name: 'e', value: { n: [1] } }), {
      listeners: 1,
    });
    assert.deepEqual(stage.call(stage.one, 'publish', { event_name: 'e', value: null }), { listeners: 0 });
    assert.deepEqual([stage.one.delivered, stage.two.delivered], [['{"n":[1]}'], []]);
    assert.deepEqual(stage.counts, [2, 1, 2]);
  });

  it('needs a name, a value and the right to it, and changes nothing otherwise', () => {
    const stage = new Stage({ valueLength: 3, eventNameLength: 3 });
    stage.call(stage.one, 'subscribe', { event_name: 'e' });
    const refused: [Params, Parameters<typeof code>[0]][] = [
      [{ value: 1 }, 'INVALID_ARGUMENT'],
      [{ event_name: '', value: 1 }, 'INVALID_ARGUMENT'],
      [{ event_name: 'long', value: 1 }, 'INVALID_ARGUMENT'],
      [{ event_name: 'e' }, 'INVALID_ARGUMENT'],
      [{ event_name: 'e', value: undefined }, 'INVALID_ARGUMENT'],
      [{ event_name: 'e', value: 'xx' }, 'LIMIT'],
      [{ event_name: 'e', value: 1n }, 'SERIALIZE'],
    ];
    for (const [params, name] of refused) {
      assert.throws(() => stage.call(stage.two, 'publish', params), code(name));
    }
    const reader = { ...everything, canPublish: false };
    const publish = { event_name: 'e', value: 1 };
    assert.throws(() => stage.call(stage.two, 'publish', publish, reader), code('FORBIDDEN'));
    assert.throws(() => stage.broker.publish(stage.two, reader, oneEvent('e', '1')), code('FORBIDDEN'));
    assert.deepEqual([stage.one.delivered, stage.counts], [[], [1, 1, 0]]);
  });

  it('of a batch beyond the limits says which limit, and delivers none of it', () => {
    const stage = new Stage({ valueLength: 3, eventNameLength: 3 });
    for (const [columns, name] of [
      [oneEvent('long', '1'), 'INVALID_ARGUMENT'],
      [oneEvent('e', '"xx"'), 'LIMIT'],
    ] as const) {
      assert.equal(stage.broker.allows(columns), false);
      assert.throws(() => stage.broker.publish(stage.two, everything, columns), code(name));
    }
    assert.equal(stage.broker.allows(oneEvent('abc', '123')), true);
  });
});

describe('subscribing', () => {
  it('gives each subscription an id of its own, also to the same event', () => {
    const stage = new Stage();
    const ids = ['a', 'a', 'b'].map((event_name) => stage.call(stage.one, 'subscribe', { event_name }));
    assert.deepEqual(ids, [{ subscription_id: '1' }, { subscription_id: '2' }, { subscription_id: '3' }]);
    assert.deepEqual(stage.counts, [3, 2, 0]);
  });

  it('needs a name and the right to it, and is limited for each client by itself', () => {
    const stage = new Stage({ subscriptionsPerClient: 1 });
    const writer = { ...everything, canSubscribe: false };
    assert.throws(() => stage.call(stage.one, 'subscribe', {}), code('INVALID_ARGUMENT'));
    assert.throws(() => stage.call(stage.one, 'subscribe', { event_name: 'e' }, writer), code('FORBIDDEN'));
    stage.call(stage.one, 'subscribe', { event_name: 'e' });
    assert.throws(() => stage.call(stage.one, 'subscribe', { event_name: 'e' }), code('LIMIT'));
    assert.deepEqual(stage.counts, [1, 1, 0]);
    stage.call(stage.two, 'subscribe', { event_name: 'e' });
    stage.call(stage.one, 'unsubscribe', { subscription_id: '1' });
    stage.call(stage.one, 'subscribe', { event_name: 'e' });
  });
});

describe('unsubscribing', () => {
  it('ends that subscription and no other', () => {
    const stage = new Stage();
    for (const member of [stage.one, stage.one, stage.two])
      stage.call(member, 'subscribe', { event_name: 'e' });
    stage.call(stage.one, 'unsubscribe', { subscription_id: '1' });
    assert.deepEqual(stage.call(stage.two, 'publish', { event_name: 'e', value: 1 }), { listeners: 1 });
    stage.call(stage.one, 'unsubscribe', { subscription_id: '2' });
    assert.deepEqual(stage.call(stage.two, 'publish', { event_name: 'e', value: 1 }), { listeners: 0 });
    assert.deepEqual(stage.counts, [1, 1, 2]);
    stage.call(stage.two, 'unsubscribe', { subscription_id: '3' });
    assert.deepEqual(stage.counts, [0, 0, 2]);
  });

  it('needs the id of a subscription of the same client, spelled as it was given', () => {
    const stage = new Stage();
    stage.call(stage.one, 'subscribe', { event_name: 'e' });
    stage.call(stage.two, 'subscribe', { event_name: 'e' });
    for (const subscription_id of [undefined, null, 1, {}]) {
      const params = { subscription_id };
      assert.throws(() => stage.call(stage.one, 'unsubscribe', params), code('INVALID_ARGUMENT'));
    }
    for (const subscription_id of ['2', '3', '01', ' 1', '1.0', '1e0', '', 'NaN', '__proto__']) {
      const params = { subscription_id };
      assert.throws(() => stage.call(stage.one, 'unsubscribe', params), code('FORBIDDEN'), subscription_id);
    }
    stage.call(stage.one, 'unsubscribe', { subscription_id: '1' });
    assert.throws(() => stage.call(stage.one, 'unsubscribe', { subscription_id: '1' }), code('FORBIDDEN'));
    assert.deepEqual(stage.counts, [1, 1, 0]);
  });
});

describe('members', () => {
  it('are forgotten once, with all that they subscribed to', () => {
    const stage = new Stage();
    for (const event_name of ['a', 'a', 'b']) stage.call(stage.one, 'subscribe', { event_name });
    stage.call(stage.two, 'subscribe', { event_name: 'a' });
    stage.broker.forget(stage.one, 'it left', true);
    stage.broker.forget(stage.one, 'it left again', true);
    assert.deepEqual(stage.counts, [1, 1, 0]);
    assert.equal(stage.lines.filter((line) => line.startsWith('gone')).length, 1);
    assert.deepEqual([stage.broker.connections.size, stage.one.subscriptions.size], [1, 0]);
    assert.deepEqual(stage.broker.counters, {
      ...{ accepted: 2, published: 0, delivered: 0, missed: 0, gaps: 0, refused: 0 },
    });
    assert.deepEqual(stage.one.told, [0, 1, 2], 'what it has missed is told before each change');
  });

  it('call methods that are there, and no others', () => {
    const stage = new Stage();
    stage.broker.addMethod('constructor', (caller, identity, params) => ({ caller, identity, params }));
    const params = { a: 1 };
    assert.deepEqual(stage.call(stage.one, 'constructor', params), {
      ...{ caller: stage.one, identity: everything, params },
    });
    for (const method of ['', 'nope', '__proto__', 'toString']) {
      assert.throws(() => stage.call(stage.one, method, {}), code('UNSUPPORTED'), method);
    }
  });
});
