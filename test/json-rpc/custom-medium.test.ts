/** A medium of one's own make: whatever has the shape of a source and a dialer carries everything. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Server, type Client, type Limits } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient } from 'clustercast/json-rpc';
import { code } from '../support/codes.js';
import { PairMedium } from '../support/text-pair.js';
import { timers } from '../support/timers.js';
import { until, within } from '../support/until.js';

const ids = ['one-0123456789abcdef', 'two-0123456789abcdef'] as const;

interface Stage {
  readonly medium: PairMedium;
  readonly server: Server;
  readonly connect: (id: string | null) => Client;
}

/** A server that trusts nobody, with two registered clients. */
async function play(t: TestContext, limits: Partial<Limits> = {}): Promise<Stage> {
  const medium = new PairMedium();
  const server = new Server([new JsonRpcAdapter(medium)], { limits });
  for (const id of ids) server.registerClient({ id, canPublish: id === ids[0] });
  const clients: Client[] = [];
  t.after(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await server.close();
  });
  await server.start();
  return {
    medium,
    server,
    connect: (id) => {
      const client = new JsonRpcClient(id, medium);
      clients.push(client);
      return client;
    },
  };
}

describe('a medium of one’s own make', () => {
  it('carries requests, answers and events in order, with the rights of each', async (t) => {
    const { server, connect } = await play(t);
    const [one, two] = [connect(ids[0]), connect(ids[1])];
    const heard: unknown[] = [];
    const subscription = await two.subscribe('e', (value) => heard.push(value));
    const published = Array.from({ length: 100 }, (_, value) => one.publish('e', { value }));
    assert.deepEqual(
      await Promise.all(published),
      published.map(() => ({ listeners: 1 })),
    );
    await until(() => heard.length === 100, 'all events');
    assert.deepEqual(
      heard,
      Array.from({ length: 100 }, (_, value) => ({ value })),
    );
    await assert.rejects(two.publish('e', 1), code('FORBIDDEN'));
    await subscription.unsubscribe();
    assert.deepEqual(await one.publish('e', 1), { listeners: 0 });
    assert.deepEqual([one.clientId, server.stats().connections], [ids[0], 2]);
  });

  it('lets nobody in who is unknown', async (t) => {
    const { connect, server } = await play(t);
    for (const id of [null, 'wrong-0123456789abcdef']) {
      const client = connect(id);
      await assert.rejects(client.ready, code('UNAUTHORIZED'));
      await client.closed;
    }
    assert.equal(server.stats().connections, 0);
  });

  it('that loses its links is dialed again, and its subscriptions are restored with a gap', async (t) => {
    const { medium, server, connect } = await play(t);
    const [one, two] = [connect(ids[0]), connect(ids[1])];
    const story: unknown[] = [];
    two.on('gap', ({ reason, count }) => story.push([reason, count]));
    await two.subscribe('e', (value) => story.push(value));
    await one.publish('e', 1);
    await until(() => story.length === 1, 'the first event');
    medium.lose();
    assert.equal(server.stats().connections, 0);
    await until(() => story.length === 2, 'the gap');
    await one.publish('e', 2);
    await until(() => story.length === 3, 'the second event');
    assert.deepEqual(story, [1, ['reconnect', undefined], 2]);
  });

  it('keeps the limits of the edge, of which a client knows before it sends', async (t) => {
    const { server, connect } = await play(t, { frameBytes: 300, jsonDepth: 8, connectionsPerAddress: 2 });
    const [one, two] = [connect(ids[0]), connect(ids[1])];
    await Promise.all([one.ready, two.ready]);
    const tooMuch = [one.publish('e', 'x'.repeat(300)), one.publish('e', [[[[[[[]]]]]]])];
    for (const promise of tooMuch) await assert.rejects(promise, code('LIMIT'));
    assert.deepEqual(await one.publish('e', 'x'), { listeners: 0 });
    assert.deepEqual(server.stats().turnedAway, {});
    const third = connect(ids[0]);
    await until(() => server.stats().turnedAway.connectionsPerAddress !== undefined, 'a refusal');
    await two.close();
    await within(third.ready, 'the third');
  });

  it('makes a client that goes beyond its rate wait, and loses nothing', async (t) => {
    const { server, connect } = await play(t, { requestsPerSecond: 200 });
    const client = connect(ids[0]);
    const published = Array.from({ length: 230 }, () => client.publish('e', 1));
    assert.equal((await Promise.all(published)).length, 230);
    assert.ok((server.stats().turnedAway.requestsPerSecond ?? 0) > 0);
  });

  it('leaves nothing behind', async (t) => {
    const before = timers();
    const { connect, server } = await play(t);
    const client = connect(ids[0]);
    await client.publish('e', 1);
    await server.close();
    await client.close();
    assert.equal(timers(), before);
  });
});
