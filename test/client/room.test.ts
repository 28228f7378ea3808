/** Waiting for room in the outbox: told when there is some, in time, and never for ever. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { MemoryAdapter, Server } from 'clustercast';
import { code } from '../support/codes.js';

describe('client.drained()', () => {
  const limits = { outboxMessages: 4 };

  it('resolves when half of the outbox is free, which it may be already', async () => {
    const memory = new MemoryAdapter();
    const server = new Server([memory]);
    const client = memory.connect({ limits });
    await client.drained();
    const publishes = [1, 2, 3, 4].map((n) => client.publish('e', n));
    await assert.rejects(client.publish('e', 5), code('BACKPRESSURE'));
    let hasRoom = false;
    const drained = client.drained().then(() => (hasRoom = true));
    assert.equal(client.stats().pending, 4);
    assert.equal(hasRoom, false);
    await server.start();
    await drained;
    assert.ok(client.stats().pending <= 2);
    await Promise.all(publishes);
    await client.close();
    await server.close();
  });

  it('rejects with the reason of a signal, before or meanwhile, and leaves nothing behind', async () => {
    const memory = new MemoryAdapter();
    const client = memory.connect({ limits });
    const controller = new AbortController();
    const { signal } = controller;
    const publishes = [1, 2, 3, 4].map((n) => client.publish('e', n));
    const waiting = client.drained({ signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(client.drained({ signal }), reason);
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    memory.close();
    await Promise.all(publishes.map((publish) => assert.rejects(publish, code('CLOSED'))));
  });

  it('rejects where the client ends, has ended, or is not answered in time', async () => {
    const memory = new MemoryAdapter();
    const client = memory.connect({ limits });
    const publishes = [1, 2, 3, 4].map((n) => client.publish('e', n));
    await assert.rejects(client.drained({ timeout: 1 }), code('TIMEOUT'));
    const drained = assert.rejects(client.drained(), code('CLOSED'));
    memory.close();
    await Promise.all([drained, ...publishes.map((publish) => assert.rejects(publish, code('CLOSED')))]);
    await assert.rejects(client.drained(), code('CLOSED'));
    await assert.rejects(client.drained({ timeout: 0 }), code('INVALID_ARGUMENT'));
  });
});
