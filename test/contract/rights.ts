/** Rights: who may publish, subscribe, and cancel what. */
import assert from 'node:assert/strict';
import type { CachingClient } from '#lib/state/client/caching-client.js';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import type { Case } from './stage.js';

const clients = [
  { id: 'reader-0123456789', canPublish: false },
  { id: 'writer-0123456789', canSubscribe: false },
  { id: 'both-0123456789' },
  { id: 'neither-0123456789', canPublish: false, canSubscribe: false },
] as const;

export const rights: readonly Case[] = [
  {
    name: 'a registered client may do what it was registered for, and nothing else',
    run: async (open) => {
      const stage = await open({ clients });
      for (const { id, ...granted } of clients) {
        const { canPublish = true, canSubscribe = true } = granted as {
          canPublish?: boolean;
          canSubscribe?: boolean;
        };
        const client = stage.connect({ clientId: id });
        await client.ready;
        assert.equal(client.clientId, id);
        if (canPublish) await client.publish('e', 1);
        else await assert.rejects(client.publish('e', 1), code('FORBIDDEN'));
        if (canSubscribe) await client.subscribe('e');
        else await assert.rejects(client.subscribe('e'), code('FORBIDDEN'));
      }
      const { published, subscriptions } = await stage.stats();
      assert.deepEqual({ published, subscriptions }, { published: 2, subscriptions: 2 });
    },
  },
  {
    name: 'two connections may be one registered client, and hear each other',
    run: async (open) => {
      const stage = await open({ clients });
      const [one, two] = [
        stage.connect({ clientId: 'both-0123456789' }),
        stage.connect({ clientId: 'both-0123456789' }),
      ];
      const received: unknown[] = [];
      await two.subscribe('e', (value) => received.push(value));
      assert.deepEqual(await one.publish('e', 1), { listeners: 1 });
      await until(() => received.length === 1, 'the value');
    },
  },
  {
    name: 'a client that gives an unknown id is refused, with all that it had asked for',
    run: async (open) => {
      const stage = await open({ clients });
      const client = stage.connect({ clientId: 'guess-0123456789' });
      const [published, subscribed] = [client.publish('e', 1), client.subscribe('e')];
      const outcomes = [client.ready, published, subscribed];
      await Promise.all(outcomes.map((outcome) => assert.rejects(outcome, code('UNAUTHORIZED'))));
      await client.closed;
      await assert.rejects(client.publish('e', 1), code('CLOSED'));
      const { published: accepted, connections } = await stage.stats();
      assert.deepEqual({ accepted, connections }, { accepted: 0, connections: 1 });
    },
  },
  {
    name: 'a client without an id gets one of its own, with every right',
    run: async (open) => {
      const stage = await open({ clients });
      const [one, two] = [stage.connect(), stage.connect()];
      await Promise.all([one.publish('e', 1), one.subscribe('e'), two.subscribe('e')]);
      assert.match(one.clientId ?? '', /^[0-9a-f]{32}$/);
      assert.notEqual(one.clientId, two.clientId);
    },
  },
  {
    name: "nobody cancels another's subscription, nor one that never was",
    run: async (open) => {
      const stage = await open({ clients });
      const [owner, other] = [stage.connect(), stage.connect() as CachingClient];
      const received: unknown[] = [];
      const { id } = await owner.subscribe('e', (value) => received.push(value));
      for (const subscription_id of [id, '999999', `0${id}`, ` ${id}`, '__proto__', '', 'NaN']) {
        await assert.rejects(other.request('unsubscribe', { subscription_id }), code('FORBIDDEN'));
      }
      assert.deepEqual(await other.publish('e', 1), { listeners: 1 });
      await until(() => received.length === 1, 'the value');
    },
  },
  {
    name: 'a method that the server lacks is refused as such',
    run: async (open) => {
      const client = (await open()).connect() as CachingClient;
      for (const method of ['', 'nope', '__proto__', 'constructor', 'toString']) {
        await assert.rejects(client.request(method, {}), code('UNSUPPORTED'));
      }
    },
  },
];
