/** A server that takes everything and answers nothing, as one does that was stopped. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PubSubClient } from '#lib/client/client.js';
import type { Connector } from '#lib/protocol/channel.js';
import { code } from '../support/codes.js';
import { within } from '../support/until.js';

const silent: Connector = {
  open: (handlers) => {
    queueMicrotask(() => handlers.opened({ epoch: 'e', clientId: 'c', capabilities: [] }));
    return { send: () => undefined, close: () => undefined };
  },
  silence: 'it is silent',
  ref: () => undefined,
  unref: () => undefined,
};

describe('a server that never answers', () => {
  it('holds up neither a request nor close() beyond the time of the request', async () => {
    const client = new PubSubClient(silent, { timeout: 30 });
    const [published, subscribed] = [client.publish('e', 1), client.subscribe('e')];
    const closed = client.close();
    await Promise.all([
      assert.rejects(published, code('TIMEOUT')),
      assert.rejects(subscribed, code('TIMEOUT')),
      within(closed, 'the end'),
    ]);
  });

  it('does not hold up a close() after the requests have been given up', async () => {
    const client = new PubSubClient(silent);
    const controller = new AbortController();
    const published = client.publish('e', 1, { signal: controller.signal });
    await client.ready;
    setImmediate(() => controller.abort());
    await assert.rejects(published, { name: 'AbortError' });
    await within(client.close(), 'the end');
  });

  it('bounds what is given up and not answered, too', async () => {
    const client = new PubSubClient(silent, { timeout: 20, limits: { outboxMessages: 3 } });
    const published = [1, 2, 3].map((value) => client.publish('e', value));
    await Promise.all(published.map((promise) => assert.rejects(promise, code('TIMEOUT'))));
    await assert.rejects(client.publish('e', 4), code('BACKPRESSURE'));
    await client.close();
  });
});
