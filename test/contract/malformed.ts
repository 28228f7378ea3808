/** The documented messages by hand: as they should be, and as they should not. */
import assert from 'node:assert/strict';
import type { Case, Raw } from './stage.js';

const clients = [{ id: 'remote-0123456789' }, { id: 'other-0123456789' }] as const;

async function ask(raw: Raw, message: unknown): Promise<unknown> {
  raw.send(message);
  return raw.next();
}

export const malformed: readonly Case[] = [
  {
    name: 'the documented messages do what they are documented to do',
    run: async (open) => {
      const stage = await open();
      const [one, two] = [await stage.raw(), await stage.raw()];
      const subscribed = (await ask(one, {
        request_id: 'a',
        method: 'subscribe',
        params: { event_name: 'e' },
      })) as { result: { subscription_id: string; client_id: string } };
      const { subscription_id, client_id } = subscribed.result;
      assert.deepEqual(subscribed, { status: true, request_id: 'a', result: { subscription_id, client_id } });
      const publish = {
        request_id: 'b',
        method: 'publish',
        params: { event_name: 'e', value: { n: [1, null] } },
      };
      const published = (await ask(two, publish)) as { result: { client_id: string } };
      const result = { listeners: 1, client_id: published.result.client_id };
      assert.deepEqual(published, { status: true, request_id: 'b', result });
      assert.notEqual(client_id, published.result.client_id);
      assert.deepEqual(await one.next(), ['e', { n: [1, null] }]);
      two.send({ request_id: 'c', method: 'publish', params: { event_name: 'e', value: null } });
      assert.deepEqual(await one.next(), ['e', null]);
      assert.deepEqual(
        await ask(one, { request_id: 'd', client_id, method: 'unsubscribe', params: { subscription_id } }),
        { status: true, request_id: 'd', result: { client_id } },
      );
      assert.equal((await stage.stats()).subscriptions, 0);
    },
  },
  {
    name: 'a client_id is read at the top and in params, and a connection is bound to its first',
    run: async (open) => {
      const stage = await open({ clients });
      const id = 'remote-0123456789';
      const subscribe = { method: 'subscribe', params: { event_name: 'e' } };
      const top = await stage.raw();
      const first = (await ask(top, { ...subscribe, request_id: '1', client_id: id })) as { result: object };
      assert.deepEqual(first.result, { ...first.result, client_id: id });
      const inside = await stage.raw();
      const params = { event_name: 'e', client_id: id };
      const second = (await ask(inside, { request_id: '1', method: 'subscribe', params })) as {
        result: object;
      };
      assert.deepEqual(second.result, { ...second.result, client_id: id });
      const other = await ask(top, { ...subscribe, request_id: '2', client_id: 'other-0123456789' });
      assert.deepEqual(other, {
        status: false,
        request_id: '2',
        code: 'ERR_PUBSUB_UNAUTHORIZED',
        error_message: 'the server does not know this client',
      });
      const unbound = await stage.raw();
      const unknown = await ask(unbound, { ...subscribe, request_id: '2', client_id: 'unknown' });
      assert.deepEqual(unknown, other);
      assert.equal((await stage.stats()).subscriptions, 2);
    },
  },
  {
    name: 'nonsense gets exactly one failure, and changes nothing',
    run: async (open) => {
      const stage = await open();
      const raw = await stage.raw();
      const before = await stage.stats();
      const good = { request_id: 'x', method: 'publish', params: { event_name: 'e', value: 1 } };
      const cases: [unknown, string, string][] = [
        [null, '', 'PROTOCOL'],
        [1, '', 'PROTOCOL'],
        ['publish', '', 'PROTOCOL'],
        [[], '', 'PROTOCOL'],
        [{}, '', 'PROTOCOL'],
        [{ ...good, request_id: undefined }, '', 'PROTOCOL'],
        [{ ...good, request_id: 1 }, '', 'PROTOCOL'],
        [{ ...good, request_id: '' }, '', 'PROTOCOL'],
        [{ ...good, request_id: 'x'.repeat(257) }, '', 'PROTOCOL'],
        [{ ...good, method: undefined }, 'x', 'PROTOCOL'],
        [{ ...good, method: 7 }, 'x', 'PROTOCOL'],
        [{ ...good, method: 'nope' }, 'x', 'UNSUPPORTED'],
        [{ ...good, method: 'constructor' }, 'x', 'UNSUPPORTED'],
        [{ ...good, params: undefined }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, params: null }, 'x', 'PROTOCOL'],
        [{ ...good, params: [] }, 'x', 'PROTOCOL'],
        [{ ...good, params: 'e' }, 'x', 'PROTOCOL'],
        [{ ...good, client_id: 5 }, 'x', 'PROTOCOL'],
        [{ ...good, params: { value: 1 } }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, params: { event_name: 'e' } }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, params: { event_name: '', value: 1 } }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, params: { event_name: 5, value: 1 } }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, params: { event_name: 'x'.repeat(257), value: 1 } }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, method: 'subscribe', params: {} }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, method: 'unsubscribe', params: {} }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, method: 'unsubscribe', params: { subscription_id: 1 } }, 'x', 'INVALID_ARGUMENT'],
        [{ ...good, method: 'unsubscribe', params: { subscription_id: '1' } }, 'x', 'FORBIDDEN'],
      ];
      for (const [message, request_id, code] of cases) {
        const answer = (await ask(raw, message)) as { error_message: string };
        const { error_message } = answer;
        assert.equal(typeof error_message, 'string');
        assert.deepEqual(answer, { status: false, request_id, code: `ERR_PUBSUB_${code}`, error_message });
      }
      // The next answer is that to the next request, so none was answered twice.
      const { result } = (await ask(raw, good)) as { result: object };
      assert.deepEqual(await ask(raw, { ...good, request_id: 'last' }), {
        status: true,
        request_id: 'last',
        result,
      });
      const after = await stage.stats();
      assert.deepEqual(
        { ...after, published: after.published - 2, refused: after.refused - cases.length },
        { ...before, turnedAway: { eventNameLength: 1 } },
      );
    },
  },
];
