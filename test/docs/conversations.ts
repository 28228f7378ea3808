/**
 * The conversations of docs/protocol.md, held between the real server and real clients: what is said, by the name
 * that the document gives to it, and the transcripts.
 */
import assert from 'node:assert/strict';
import { spellClientBatch, spellServerBatch } from '#lib/protocol/batch.js';
import { ColumnsBuilder } from '#lib/protocol/columns.js';
import { spellRequest } from '#lib/protocol/documented.js';
import type { Request } from '#lib/protocol/messages.js';
import { Stage, type Serialization } from './stage.js';
import { until } from '../support/until.js';
import type { Said } from './wire.js';

/** A registered client, which may not publish. */
const dashboard = { id: 'dashboard-7d1e5a0c', canPublish: false } as const;

/** What one step says that the document shows: by name, or `undefined` for what it does not show. */
type Names = readonly (string | undefined)[];

class Conversation {
  /** What was said, by name. */
  readonly golden: Map<string, unknown> = new Map<string, unknown>();
  readonly said: Said[] = [];
  readonly #stage: Stage;
  readonly #content: 'message' | 'batch';

  constructor(stage: Stage, content: 'message' | 'batch') {
    this.#stage = stage;
    this.#content = content;
  }

  /** Everything that is said during `act`, which must be as many messages as there are names for what is in them. */
  async step(names: Names, act: () => unknown): Promise<Said['message'][]> {
    const said = await this.#stage.during(act);
    assert.equal(said.length, names.length, JSON.stringify(said, undefined, 1));
    this.said.push(...said);
    for (const [position, name] of names.entries()) {
      if (name !== undefined) this.golden.set(name, said[position]?.message[this.#content]);
    }
    return said.map(({ message }) => message);
  }

  /** As {@link step}, with names for the messages as a whole. */
  async envelopes(names: Names, act: () => unknown): Promise<void> {
    this.names(names, await this.step(Array(names.length).fill(undefined), act));
  }

  names(names: Names, messages: readonly unknown[]): void {
    for (const [position, name] of names.entries()) {
      if (name !== undefined) this.golden.set(name, messages[position]);
    }
  }
}

/** Clients that offer no capability, and so get the documented messages one by one. */
export async function talkPlainly(serialization: Serialization): Promise<Conversation> {
  await using stage = await Stage.open({ serialization });
  const primary = await stage.start();
  const [left, right] = stage.seats;
  const talk = new Conversation(stage, 'message');
  const capabilities: string[] = [];

  await talk.envelopes([undefined, undefined], () => left.call('connect', 'a', { capabilities }));
  await talk.step(['request-subscribe', 'response-subscribe'], () =>
    left.call('inOneTurn', 'a', ['subscribe', 'user::logged_in']),
  );
  await talk.step([undefined, undefined], () => right.call('connect', 'b', { capabilities }));
  const published = await talk.step(['request-publish', 'event', 'response-publish'], () =>
    right.call('inOneTurn', 'b', ['publish', 'user::logged_in', { id: 'u1' }]),
  );
  talk.names(['message-to-server', 'message-to-client'], published);
  await talk.step([undefined, 'event-null', undefined], () =>
    right.call('inOneTurn', 'b', ['publish', 'user::logged_in', undefined]),
  );
  await talk.step([undefined, 'response-refused'], () =>
    right.call('inOneTurn', 'b', ['request', 'unsubscribe', { subscription_id: '1' }]),
  );
  await talk.step(['request-unsubscribe', 'response-unsubscribe'], () =>
    left.call('inOneTurn', 'a', ['unsubscribe', '1']),
  );
  await talk.envelopes(['bye-to-server'], () => left.call('inOneTurn', 'a', ['close']));
  await talk.envelopes(['bye-to-client'], () => primary.close());
  return talk;
}

/** Clients that offer `batch`, as they do unless they are told not to. */
export async function talkInBatches(serialization: Serialization): Promise<Conversation> {
  await using stage = await Stage.open({ serialization });
  const primary = await stage.start();
  const [left, right] = stage.seats;
  const talk = new Conversation(stage, 'batch');
  const capabilities = ['batch'];

  await talk.envelopes(['hello', 'welcome'], () => left.call('connect', 'a', { capabilities }));
  await talk.step([undefined, undefined], () =>
    left.call('inOneTurn', 'a', ['subscribe', 'user::logged_in'], ['subscribe', 'cart::changed']),
  );
  await talk.step([undefined, undefined], () => right.call('connect', 'b', { capabilities }));
  const published = await talk.step(['batch-publish', 'batch-events', undefined], () =>
    right.call('inOneTurn', 'b', ...publishes),
  );
  talk.names(['batch-to-server', undefined, 'batch-to-client'], published);
  await talk.step(['batch-mixed', undefined, 'batch-mixed-answer'], () =>
    right.call(
      'inOneTurn',
      'b',
      ['publish', 'cart::changed', { items: 4 }],
      ['subscribe', 'stock::low'],
      ['publish', 'cart::changed', { items: 5 }],
    ),
  );
  await talk.step([undefined], () => right.call('inOneTurn', 'b', ['close']));
  await talk.step([undefined], () => primary.close());
  return talk;
}

/** A client that tells what it has taken, and how it is told what it has missed. */
export async function talkOfLife(serialization: Serialization): Promise<Conversation> {
  await using stage = await Stage.open({ serialization, limits: { heartbeatTime: 100 } });
  await stage.start();
  const talk = new Conversation(stage, 'batch');
  await talk.envelopes([undefined, 'welcome-watched'], () => stage.seats[0].call('connect', 'a', {}));
  const isSaid = (name: string): boolean => talk.golden.has(name);
  await until(() => {
    for (const { message } of stage.wire.take()) {
      for (const name of ['ping', 'ack'])
        if (name in message && !isSaid(name)) talk.golden.set(name, message);
    }
    return isSaid('ping') && isSaid('ack');
  }, 'a sign of life');
  const [gap] = spellServerBatch([
    { kind: 'missed', names: ['user::logged_in', 'cart::changed'], counts: [812, 3] },
  ]);
  talk.golden.set('gap', gap);
  return talk;
}

/** What the transcripts have no room for. */
export async function talkOfTheRest(serialization: Serialization): Promise<Conversation> {
  await using stage = await Stage.open({ serialization, clients: [dashboard] });
  await stage.start();
  const [left, right] = stage.seats;
  const talk = new Conversation(stage, 'batch');
  const capabilities = ['batch'];

  await left.call('connect', 'a', { capabilities });
  await left.call('inOneTurn', 'a', ['subscribe', 'user::logged_in'], ['subscribe', 'cart::changed']);
  await right.call('connect', 'b', { capabilities });
  await talk.envelopes(['hello-client-id', undefined], () =>
    left.call('connect', 'c', { capabilities, clientId: dashboard.id }),
  );
  await left.call('inOneTurn', 'c', ['subscribe', 'user::logged_in']);
  await talk.step([undefined, undefined, 'batch-events-slice', 'batch-published'], () =>
    right.call('inOneTurn', 'b', ...publishes),
  );
  await talk.step([undefined, 'batch-refused'], () =>
    left.call(
      'inOneTurn',
      'c',
      ['publish', 'user::logged_in', { id: 'u3' }],
      ['publish', 'user::logged_in', { id: 'u4' }],
    ),
  );
  await talk.envelopes([undefined, 'refusal'], () =>
    left.call('connect', 'd', { capabilities, clientId: 'somebody-else' }),
  );

  await talk.envelopes([undefined, undefined, 'bye-before-welcome'], () =>
    left.call('connectAndClose', capabilities),
  );

  // The rest is what no client of ours says: an empty name, an id inside params, a request that is none.
  const columns = new ColumnsBuilder();
  columns.add('', '1');
  columns.add('cart::changed', '2');
  const batch = spellClientBatch([{ kind: 'publishes', first: 4, columns: columns.build() }]);
  await talk.step(['batch-partly-refused', 'batch-partly-refused-answer', undefined], () =>
    stage.sayByHand(right, { clustercast: 1, id: 'id-2', batch }),
  );

  const byHand = new Conversation(stage, 'message');
  const params = { event_name: 'user::logged_in' };
  const request: Request = { kind: 'request', id: '1', clientId: undefined, method: 'subscribe', params };
  const { id: client_id } = dashboard;
  const atTheTop = spellRequest({ ...request, clientId: client_id });
  const insideParams = spellRequest({ ...request, params: { ...params, client_id } });
  const byHandAs = async (name: string, message: object): Promise<string> => {
    const [, { welcome } = {}] = await byHand.step([undefined, undefined], () =>
      stage.sayByHand(right, { clustercast: 1, port: `port of ${name}`, hello: { version: 1 } }),
    );
    const { id } = welcome as { id: string };
    await byHand.step([name, 'answer'], () => stage.sayByHand(right, { clustercast: 1, id, message }));
    const { status, result } = byHand.golden.get('answer') as { status: unknown; result: object };
    assert.deepEqual({ status, result }, { status: true, result: { ...result, client_id } });
    return id;
  };
  const id = await byHandAs('request-client-id', atTheTop);
  await byHandAs('request-client-id-in-params', insideParams);
  byHand.golden.delete('answer');
  await byHand.step([undefined, 'response-unreadable'], () =>
    stage.sayByHand(right, { clustercast: 1, id, message: { method: 'publish' } }),
  );
  for (const [name, said] of byHand.golden) talk.golden.set(name, said);
  return talk;
}

const publishes = [
  ['publish', 'user::logged_in', { id: 'u1' }],
  ['publish', 'user::logged_in', { id: 'u2' }],
  ['publish', 'cart::changed', { items: 30 }],
] as const;
