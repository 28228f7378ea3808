/** A subscription that begins with a retained value: across lost links, and where the server talks nonsense. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Server, MemoryAdapter, type Gap, type Message } from 'clustercast';
import { SimulatedCluster } from 'clustercast/testing';
import type { StateClient } from '#lib/state/client/api.js';
import { ReplicatingClient } from '#lib/state/client/client.js';
import { code } from '../../support/codes.js';
import { FakeConnector } from '../../support/fake-connector.js';
import { until } from '../../support/until.js';

const gap = (reason: Gap['reason']): Gap => ({ reason, count: undefined, events: undefined });

interface Fake {
  readonly connector: FakeConnector;
  readonly client: ReplicatingClient;
  readonly errors: unknown[];
  /** Answers the one request that was made. */
  answer(result: Readonly<Record<string, unknown>>): Promise<void>;
}

function connected(): Fake {
  const connector = new FakeConnector();
  const client = new ReplicatingClient(connector);
  const errors: unknown[] = [];
  client.on('error', (error) => errors.push(error));
  connector.channel.open();
  return {
    connector,
    client,
    errors,
    answer: async (result) => {
      const { request_id: id } = await connector.channel.askedOne();
      connector.channel.say({ kind: 'response', id, ok: true, result });
    },
  };
}

async function end({ client, connector }: Fake): Promise<void> {
  connector.channel.lose({ isFinal: true });
  await client.closed;
}

describe('a subscription with a retained value', () => {
  it('is asked for by a method of its own, and restored by it: the gap first, then the value, marked', async () => {
    const fake = connected();
    const story: unknown[] = [];
    const subscribed = (fake.client as StateClient).subscribe('e', (_value, message) => story.push(message), {
      retained: true,
      onGap: (missed) => story.push(missed),
    });
    await fake.answer({ subscription_id: '1', retained: '1' });
    fake.connector.channel.publish('e', 2);
    fake.connector.channel.lose();
    fake.connector.channel.open();
    await fake.answer({ subscription_id: '2', retained: '2' });
    fake.connector.channel.publish('e', 3);
    fake.connector.channel.lose();
    fake.connector.channel.open({ epoch: 'second' });
    await fake.answer({ subscription_id: '3' });
    fake.connector.channel.publish('e', 4);
    assert.deepEqual(story, [
      { event: 'e', value: 1, retained: true },
      { event: 'e', value: 2 },
      gap('reconnect'),
      { event: 'e', value: 2, retained: true },
      { event: 'e', value: 3 },
      gap('restart'),
      { event: 'e', value: 4 },
    ]);
    assert.equal((await subscribed).id, '3');
    for (const { requests } of fake.connector.channels) {
      assert.deepEqual(
        requests.map(({ method, params }) => [method, params]),
        [['retained.subscribe', { event_name: 'e' }]],
      );
    }
    await end(fake);
  });

  it('that is iterated tells the gap where the iteration comes there, before the value', async () => {
    const fake = connected();
    const story: unknown[] = [];
    const subscribed = (fake.client as StateClient).subscribe('e', {
      retained: true,
      onGap: ({ reason }) => story.push(reason),
    });
    await fake.answer({ subscription_id: '1', retained: '"old"' });
    const values = (await subscribed)[Symbol.asyncIterator]();
    fake.connector.channel.lose();
    fake.connector.channel.open();
    await fake.answer({ subscription_id: '2', retained: '"new"' });
    for (let n = 0; n < 2; n++) story.push((await values.next()).value);
    assert.deepEqual(story, ['old', 'reconnect', 'new']);
    await end(fake);
  });

  it('whose handler throws at the retained value goes on, and marks nothing that follows', async () => {
    const fake = connected();
    const story: Message<unknown>[] = [];
    const subscribed = (fake.client as StateClient).subscribe(
      'e',
      (_value, message) => {
        story.push(message);
        throw new Error('mine');
      },
      { retained: true },
    );
    await fake.answer({ subscription_id: '1', retained: '1' });
    await subscribed;
    fake.connector.channel.publish('e', 2);
    assert.deepEqual(story, [
      { event: 'e', value: 1, retained: true },
      { event: 'e', value: 2 },
    ]);
    assert.equal(fake.errors.length, 2);
    await end(fake);
  });

  it('is in force without one where the server says something that is none', async () => {
    const fake = connected();
    const received: unknown[] = [];
    const subscribed = (fake.client as StateClient).subscribe('e', (value) => received.push(value), {
      retained: true,
    });
    await fake.answer({ subscription_id: '1', retained: 'no JSON' });
    await subscribed;
    assert.ok(fake.errors.length === 1 && code('PROTOCOL')(fake.errors[0]));
    fake.connector.channel.publish('e', 2);
    assert.deepEqual(received, [2]);
    await end(fake);
  });
});

describe('a publish that is retained', () => {
  it('rejects where the server does not count the listeners, and counts as published where it does', async () => {
    const fake = connected();
    const bad = fake.client.publish('e', 1, { retain: true });
    await fake.answer({});
    await assert.rejects(bad, code('PROTOCOL'));
    assert.equal(fake.client.stats().published, 0);
    const good = fake.client.publish('e', 1, { retain: true });
    await fake.answer({ listeners: 3 });
    assert.deepEqual(await good, { listeners: 3 });
    assert.equal(fake.client.stats().published, 1);
    await end(fake);
  });

  it('counts its value towards the outbox', async () => {
    const connector = new FakeConnector();
    const client = new ReplicatingClient(connector, { limits: { outboxLength: 10 } });
    const first = client.publish('e', '12345678', { retain: true });
    await assert.rejects(client.publish('e', 1, { retain: true }), code('BACKPRESSURE'));
    await assert.rejects(client.publish('e', 1), code('BACKPRESSURE'));
    connector.channel.lose({ isFinal: true });
    await assert.rejects(first);
  });

  it('is a plain one without the option, or where it is false', async () => {
    const fake = connected();
    const published = [fake.client.publish('e', 1, {}), fake.client.publish('e', 1, { retain: false })];
    const asked = await fake.connector.channel.asked();
    assert.deepEqual(
      asked.map(({ method }) => method),
      ['publish', 'publish'],
    );
    fake.connector.channel.accept(asked);
    await Promise.all(published);
    await end(fake);
  });
});

describe('retained values and lost links', () => {
  it('after a reconnection the value of that moment comes after the gap, marked', async () => {
    await using cluster = new SimulatedCluster();
    await cluster.start();
    const worker = cluster.fork();
    const [publisher, subscriber] = [cluster.connect(), worker.connect()];
    const story: unknown[] = [];
    await publisher.publish('e', 1, { retain: true });
    await subscriber.subscribe('e', (value, { retained }) => story.push([value, retained]), {
      retained: true,
      onGap: ({ reason }) => story.push(reason),
    });
    await cluster.restart();
    const again = cluster.connect();
    await again.publish('e', 2, { retain: true });
    await until(() => story.length === 3, 'the gap and the value');
    await again.publish('e', 3, { retain: true });
    await until(() => story.length === 4, 'what follows');
    const [first, told, second, third] = story;
    assert.deepEqual([first, told, third], [[1, true], 'restart', [3, undefined]]);
    // Whether it was there when the client came back, or came afterwards, is a matter of who was first.
    assert.ok((second as unknown[])[0] === 2);
  });

  it('the gap that a slow client was told before it subscribed has no part in what follows', async () => {
    await using cluster = new SimulatedCluster({ limits: { windowMessages: 2 } });
    await cluster.start();
    const worker = cluster.fork();
    const [publisher, subscriber] = [cluster.connect(), worker.connect()];
    const received: unknown[] = [];
    await subscriber.subscribe('e', () => undefined);
    worker.stop();
    for (let n = 0; n < 9; n++) await publisher.publish('e', n, { retain: true });
    const subscribed = subscriber.subscribe('e', (value, { retained }) => received.push([value, retained]), {
      retained: true,
      onGap: () => assert.fail('nothing was missed after it'),
    });
    worker.continue();
    await subscribed;
    await publisher.publish('e', 9);
    await cluster.settled();
    assert.deepEqual(received, [
      [8, true],
      [9, undefined],
    ]);
  });
});

describe('what a server retains', () => {
  it('is in its stats', async () => {
    const memory = new MemoryAdapter();
    await using server = new Server([memory]);
    await server.start();
    await using client = memory.connect();
    await client.publish('name', 'value', { retain: true });
    const { retained, retainedLength } = server.stats().state;
    assert.deepEqual([retained, retainedLength], [1, 'name'.length + '"value"'.length]);
  });
});
