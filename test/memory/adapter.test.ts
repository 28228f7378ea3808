/** The memory adapter: what only it decides, beside the contract that it keeps with every transport. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MemoryAdapter, Server } from 'clustercast';
import { code } from '../support/codes.js';
import { endOfTurn } from '../support/turn.js';
import { until } from '../support/until.js';

describe('a memory adapter', () => {
  it('connects who asked before the start when it starts, and nobody who closed meanwhile', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory]);
    const [waiting, closed] = [memory.connect(), memory.connect()];
    await closed.close();
    await server.start();
    await waiting.ready;
    assert.deepEqual([server.stats().accepted, waiting.stats().state], [1, 'open']);
    await server.close();
  });

  it('connects nobody who closed in the very turn of the start', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory]);
    const client = memory.connect();
    const closed = client.close();
    await server.start();
    await closed;
    assert.equal(server.stats().accepted, 0);
    await server.close();
  });

  it('refuses who asked before the start where the server never starts', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory]);
    const client = memory.connect();
    const published = client.publish('e', 1);
    await server.close();
    await assert.rejects(client.ready, code('CLOSED'));
    await assert.rejects(published, code('CLOSED'));
    await client.closed;
  });

  it('refuses for good who comes after the end, who is unknown, and who is one too many', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory], { limits: { connections: 1 } }).registerClient({ id: 'known' });
    await server.start();
    const [unknown, known] = [memory.connect({ clientId: 'unknown' }), memory.connect({ clientId: 'known' })];
    await known.ready;
    assert.equal(known.clientId, 'known');
    const crowd = memory.connect();
    await assert.rejects(unknown.ready, code('UNAUTHORIZED'));
    await assert.rejects(crowd.ready, code('LIMIT'));
    await server.close();
    const late = memory.connect();
    await assert.rejects(late.ready, code('CLOSED'));
    await Promise.all([unknown, known, crowd, late].map(({ closed }) => closed));
  });

  it('refuses bad options at once', () => {
    const memory = new MemoryAdapter();
    assert.throws(() => memory.connect({ timeout: 0 }), code('INVALID_ARGUMENT'));
    assert.throws(() => memory.connect({ limits: { bufferMessages: 0 } }), code('INVALID_ARGUMENT'));
  });

  it('ends its clients for good when the server ends, after what was still to be said', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory]);
    await server.start();
    const [publisher, subscriber] = [memory.connect(), memory.connect()];
    const values: unknown[] = [];
    await subscriber.subscribe('e', (value) => values.push(value));
    const iterated = await subscriber.subscribe('e');
    const published = publisher.publish('e', 1);
    await published;
    await server.close();
    await Promise.all([publisher.closed, subscriber.closed]);
    assert.deepEqual(values, [1]);
    const arrived: unknown[] = [];
    await assert.rejects(async () => {
      for await (const value of iterated) arrived.push(value);
    }, code('CLOSED'));
    assert.deepEqual(arrived, [1]);
  });

  it('frees the place of a client that closes', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory]);
    await server.start();
    const client = memory.connect();
    await client.subscribe('e');
    await client.close();
    await until(() => server.stats().connections === 0, 'the server to notice');
    assert.deepEqual([server.stats().subscriptions, server.stats().events], [0, 0]);
    await endOfTurn();
    await server.close();
  });
});
