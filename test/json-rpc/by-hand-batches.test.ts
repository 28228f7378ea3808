/** Batches of JSON-RPC 2.0 by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { handMedia, onHandStage } from './hand-stage.js';
import { assertFailure, openRpc, publishing, request, type Fields } from './rpc-peer.js';

const id = 'dashboard-0123456789';

/** The documented kind. */
function notification(request_id: string, value: unknown): Fields {
  return { jsonrpc: '2.0', method: 'publish', params: { request_id, event_name: 'e', value } };
}

for (const medium of handMedia) {
  describe(`batches by hand, on ${medium}`, () => {
    it('are answered in one array, in their order, without what asks for no response', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe, client }) => {
        const peer = await openRpc(pipe);
        const { client_id } = await peer.call('hello', {});
        const batch = [
          publishing('first', 1),
          1,
          { foo: 'boo' },
          request(2, 'purge', {}),
          { jsonrpc: '2.0', result: 7, id: 'a response, which nobody asked for' },
          request(null, 'subscribe', { event_name: 'e' }),
          publishing(4, 2),
          notification('n', 3),
        ];
        peer.say(batch);
        const said = [await peer.next(), await peer.next()];
        const answers = said.find((frame) => Array.isArray(frame)) as Fields[];
        const reply = said.find((frame) => !Array.isArray(frame));
        assert.equal(answers.length, 6);
        const published = (requestId: unknown): unknown => ({
          ...{ jsonrpc: '2.0', id: requestId },
          result: { listeners: 0, client_id },
        });
        assert.deepEqual(answers[0], published('first'));
        assertFailure(answers[1], null, -32600, 'PROTOCOL');
        assertFailure(answers[2], null, -32600, 'PROTOCOL');
        assertFailure(answers[3], 2, -32601, 'UNSUPPORTED');
        assert.equal(answers[4]?.['id'], null);
        assert.deepEqual(answers[5], published(4));
        // A notification of the documented kind is answered as one.
        const params = { status: true, request_id: 'n', result: { listeners: 0, client_id } };
        assert.deepEqual(reply, { jsonrpc: '2.0', method: 'n', params });

        // The subscription in the batch is in force.
        assert.deepEqual(await client(null).publish('e', 4), { listeners: 1 });
        const event = { jsonrpc: '2.0', method: 'event', params: { event_name: 'e', value: 4 } };
        assert.deepEqual(await peer.next(), event);
        // Also a batch of one is answered by an array; one that asks for nothing, by nothing.
        assert.deepEqual(await peer.ask([publishing(5, 1)]), [published(5)]);
        peer.say([{ jsonrpc: '2.0', result: 7, id: 'response' }]);
        assert.deepEqual(await peer.ask(request(6, 'ping', {})), { jsonrpc: '2.0', id: 6, result: {} });
      }));

    it('may hold the hello and a ping, which are answered in the same array, or be one of refusals', () =>
      onHandStage(medium, { clients: [{ id }] }, async ({ pipe }) => {
        const peer = await openRpc(pipe);
        const answers = (await peer.ask([
          request('h', 'hello', { client_id: id }),
          request('s', 'subscribe', { event_name: 'e' }),
          publishing('p', 1),
          request('ping', 'ping', {}),
        ])) as Fields[];
        // Each at its place, or when it was known: by the id they are told apart.
        const owners = answers.map((answer) => [answer['id'], (answer['result'] as Fields)['client_id']]);
        assert.deepEqual(Object.fromEntries(owners), { h: id, s: id, p: id, ping: undefined });
        assert.equal(answers.length, 4);
        const stranger = await openRpc(pipe);
        const refusals = (await stranger.ask([publishing(1, 1), publishing(2, 1)])) as unknown[];
        assert.equal(refusals.length, 2);
        for (const [n, refusal] of refusals.entries()) assertFailure(refusal, n + 1, -32001, 'UNAUTHORIZED');
      }));

    it('requests, notifications and the library may be mixed with them: there is one order', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe, client }) => {
        const received: unknown[] = [];
        await client(null).subscribe('e', (value) => received.push(value));
        const peer = await openRpc(pipe);
        const rounds = 50;
        for (let n = 0; n < rounds * 4; n += 4) {
          peer.say(publishing(n, n), notification(`n${n + 1}`, n + 1), [
            publishing(n + 2, n + 2),
            publishing(n + 3, n + 3),
          ]);
        }
        const answered: unknown[] = [];
        for (let frames = 0; frames < rounds * 3; frames++) {
          for (const answer of [await peer.next()].flat() as Fields[]) {
            answered.push(answer['id'] ?? Number(String(answer['method']).slice(1)));
          }
        }
        await until(() => received.length === rounds * 4, 'all values');
        assert.deepEqual(received, [...Array(rounds * 4).keys()]);
        assert.deepEqual(answered, received);
      }));
  });
}
