/** Waiting for room in the outbox: told when there is some, in time, and never for ever. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { Room } from '#lib/client/room.js';
import { MemoryAdapter, Server } from 'clustercast';
import { code } from '../support/codes.js';

describe('those who wait for room', () => {
  it('are told together, once', async () => {
    const room = new Room();
    const waiting = [room.wait({ timeout: 10_000 }), room.wait({ timeout: 10_000 })];
    assert.equal(room.isAwaited, true);
    room.open();
    room.close(new Error('too late'));
    await Promise.all(waiting);
    assert.equal(room.isAwaited, false);
  });

  it('are told in time that there is none', async () => {
    const room = new Room();
    await assert.rejects(room.wait({ timeout: 1 }), code('TIMEOUT'));
    assert.equal(room.isAwaited, false);
  });

  it('may give up, and leave nothing behind', async () => {
    const room = new Room();
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = room.wait({ timeout: 10_000, signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(room.wait({ timeout: 10_000, signal }), reason);
    assert.deepEqual([room.isAwaited, getEventListeners(signal, 'abort').length], [false, 0]);
  });
});

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
