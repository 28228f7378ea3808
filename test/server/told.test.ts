/** What a server tells by itself: many values of a turn in one message, and each at its place all the same. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServerOptions } from 'clustercast';
import type { ClientMessage } from '#lib/protocol/messages.js';
import { FakeAdapter, type FakePeer } from '../support/fake-adapter.js';
import { endOfTurn } from '../support/turn.js';
import { WingServer } from '../support/wing-server.js';

const name = '$clustercast/test';

async function open(
  options: ServerOptions = {},
): Promise<{ one: FakePeer; two: FakePeer; server: WingServer }> {
  const adapter = new FakeAdapter();
  const server = new WingServer([adapter], options);
  await server.start();
  const [one, two] = [adapter.connect(), adapter.connect()];
  for (const peer of [one, two]) await hear(peer);
  return { one, two, server };
}

/** Subscribes, and forgets the answer. */
async function hear(peer: FakePeer, event_name = name, method = 'hear'): Promise<string> {
  const { result } = await peer.ask(method, { event_name });
  peer.sent.length = 0;
  return String(result?.['subscription_id']);
}

function request(method: string, params: object): ClientMessage {
  return { kind: 'request', id: 'r', clientId: undefined, method, params: { ...params } };
}

const say = (value: unknown): ClientMessage => request('say', { event_name: name, value });
const publish = (value: unknown): ClientMessage => request('publish', { event_name: 'e', value });

/** What a peer was told: the values of each message, or its kind. */
function toldTo({ sent }: FakePeer): unknown[] {
  return sent.flat().map((message) => {
    if (message.kind === 'events') return `${message.columns.names.join()}${message.columns.values}`;
    if (message.kind === 'missed') return { missed: message.counts };
    return message.kind;
  });
}

describe('what a server tells in a turn', () => {
  it('is one message to all who hear it, the same, before the answers', async () => {
    const { one, two } = await open();
    one.say(say(1), say(2), say(3));
    await endOfTurn();
    assert.deepEqual(toldTo(one), [`${name}[1,2,3]`, 'response', 'response', 'response']);
    assert.deepEqual(toldTo(two), [`${name}[1,2,3]`]);
    const [columns, same] = [one, two].map(({ sent }) => {
      const [message] = sent.flat();
      return message?.kind === 'events' ? message.columns : undefined;
    });
    assert.equal(columns, same);
  });

  it('keeps its place between the events of others', async () => {
    const { one, two } = await open();
    await hear(two, 'e', 'subscribe');
    one.say(say(1), publish('between'), say(2), say(3));
    await endOfTurn();
    assert.deepEqual(toldTo(two), [`${name}[1]`, 'e["between"]', `${name}[2,3]`]);
  });

  it('keeps its place between what is told of something else', async () => {
    const { one, two } = await open();
    await hear(two, `${name}/other`);
    one.say(say(1), request('say', { event_name: `${name}/other`, value: 'other' }), say(2));
    await endOfTurn();
    assert.deepEqual(toldTo(two), [`${name}[1]`, `${name}/other["other"]`, `${name}[2]`]);
  });

  it('is not told to one who comes in between, but for what comes after', async () => {
    const { one, two, server } = await open();
    await two.ask('unsubscribe', { subscription_id: await hear(two) });
    two.sent.length = 0;
    one.say(say(1));
    const again = two.ask('hear', { event_name: name });
    one.say(say(2));
    await again;
    // The subscription of `open` has had both.
    assert.deepEqual(toldTo(two), [`${name}[1]`, 'response', `${name}[2]`]);
    assert.equal(server.stats().subscriptions, 3);
  });

  it('does not pass by a gap', async () => {
    const { one, two } = await open();
    await hear(two, 'e', 'subscribe');
    one.say(say(1));
    two.backlog = 1;
    one.say(publish('missed'), say(2));
    two.backlog = 0;
    one.say(say(3));
    await endOfTurn();
    assert.deepEqual(toldTo(two), [`${name}[1]`, { missed: [1, 1] }, `${name}[3]`]);
    assert.deepEqual(toldTo(one).slice(0, 1), [`${name}[1]`]);
  });

  it('is sent when it fills a batch', async () => {
    const { one, two } = await open({ limits: { batchMessages: 3 } });
    // With the answer to the first, one has three; what it has been sent does not grow for the other either.
    one.say(say(1), say(2));
    assert.deepEqual(toldTo(one), [`${name}[1,2]`, 'response']);
    two.say(say(3));
    await endOfTurn();
    assert.deepEqual(toldTo(two), [`${name}[1,2]`, `${name}[3]`, 'response']);
  });

  it('is nobody’s who has left', async () => {
    const { one, two, server } = await open();
    one.say(say(1));
    two.leave();
    one.say(say(2));
    await endOfTurn();
    assert.deepEqual(toldTo(two), []);
    assert.equal(toldTo(one)[0], `${name}[1,2]`);
    assert.deepEqual(server.ended, ['2']);
  });

  it('cannot be published nor subscribed to by users', async () => {
    const { one } = await open();
    for (const method of ['publish', 'subscribe']) {
      const { code } = await one.ask(method, { event_name: name, value: 1 });
      assert.equal(code, 'ERR_PUBSUB_INVALID_ARGUMENT');
    }
  });
});
