/** A client written by hand, which speaks standard JSON-RPC 2.0 requests and nothing else, is a client like any other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { handMedia, onHandStage } from './hand-stage.js';
import { assertFailure, openRpc, publishing, request, type Fields } from './rpc-peer.js';

const id = 'dashboard-0123456789';
const reader = 'reader-0123456789';
const writer = 'writer-0123456789';
const clients = [{ id }, { id: reader, canPublish: false }, { id: writer, canSubscribe: false }];

for (const medium of handMedia) {
  describe(`requests by hand, on ${medium}`, () => {
    it('do all that a client may', () =>
      onHandStage(medium, { isTrusted: true }, async ({ server, pipe, client }) => {
        const ours = client(null);
        const received: unknown[] = [];
        await ours.subscribe('to ours', (value) => received.push(value));
        const peer = await openRpc(pipe);

        const { client_id, epoch, capabilities, limits } = await peer.call('hello', {});
        assert.match(String(client_id), /^[0-9a-f]{32}$/);
        assert.deepEqual([epoch, capabilities], [server.epoch, []]);
        assert.deepEqual(limits, { frame_bytes: 1024 * 1024, json_depth: 64, silence_time: 30_000 });
        assert.deepEqual(await peer.call('ping', {}), {});

        const toOurs = { event_name: 'to ours', value: null };
        assert.deepEqual(await peer.call('publish', toOurs), { listeners: 1, client_id });
        await until(() => received.length === 1, 'the value');
        assert.deepEqual(received, [null]);

        const { subscription_id, ...rest } = await peer.call('subscribe', { event_name: '__proto__' });
        assert.match(String(subscription_id), /^\d+$/);
        assert.deepEqual(rest, { client_id });
        const second = await peer.call('subscribe', { event_name: '__proto__' });
        assert.notEqual(second['subscription_id'], subscription_id);
        for (const value of [{ n: [1, null] }, null]) {
          assert.deepEqual(await ours.publish('__proto__', value), { listeners: 1 });
          const params = { event_name: '__proto__', value };
          assert.deepEqual(await peer.next(), { jsonrpc: '2.0', method: 'event', params });
        }
        const own = { event_name: '__proto__', value: 'its own' };
        assert.deepEqual(await peer.call('publish', own), { listeners: 0, client_id });

        assert.deepEqual(await peer.call('unsubscribe', { subscription_id }), { client_id });
        assert.deepEqual(await ours.publish('__proto__', 1), { listeners: 1 });
        await peer.next();
        const { subscription_id: other } = second;
        assert.deepEqual(await peer.call('unsubscribe', { subscription_id: other }), { client_id });
        assert.deepEqual(await ours.publish('__proto__', 2), { listeners: 0 });
        peer.end();
        await until(() => server.stats().connections === 1, 'the server drops it');
      }));

    it('without a hello do the same, where a registered id is in the parameters', () =>
      onHandStage(medium, { clients }, async ({ pipe, client }) => {
        const peer = await openRpc(pipe);
        const result = await peer.call('subscribe', { event_name: 'e', client_id: id });
        assert.deepEqual(result, { ...result, client_id: id });
        // From then on the connection is known.
        assert.deepEqual(await peer.call('publish', { event_name: 'e', value: 1 }), {
          listeners: 0,
          client_id: id,
        });
        await client(id).publish('e', 'from ours');
        const params = { event_name: 'e', value: 'from ours' };
        assert.deepEqual(await peer.next(), { jsonrpc: '2.0', method: 'event', params });
      }));

    it('are answered by their id: a string, a number or null, and twice where it comes twice', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe }) => {
        const peer = await openRpc(pipe);
        const ids = [
          '',
          'a',
          '1',
          '__proto__',
          '\u2028\n"',
          'x'.repeat(256),
          0,
          1,
          -1,
          1.5,
          2 ** 53,
          'a',
          null,
        ];
        peer.say(...ids.map((requestId) => publishing(requestId, 1)));
        for (const requestId of ids) {
          const answer = (await peer.next()) as Fields;
          assert.deepEqual(answer, { jsonrpc: '2.0', id: requestId, result: answer['result'] });
        }
        for (const wrong of [true, {}, [1], 'x'.repeat(257)]) {
          assertFailure(await peer.ask(publishing(wrong, 1)), null, -32600, 'PROTOCOL');
        }
      }));

    it('are refused with the numbers of JSON-RPC, or of ours, and a code in the data', () =>
      onHandStage(medium, { clients, limits: { subscriptionsPerClient: 1 } }, async ({ server, pipe }) => {
        const others = await (await openRpc(pipe)).call('subscribe', { event_name: 'e', client_id: id });
        const peer = await openRpc(pipe);
        await peer.call('subscribe', { event_name: 'e', client_id: id });
        const before = server.stats();
        const refusals: [frame: unknown, requestId: unknown, number: number, code: string][] = [
          ['', null, -32700, 'PROTOCOL'],
          ['{', null, -32700, 'PROTOCOL'],
          ['{"jsonrpc":"2.0","method":"publish","params":{"event_name":"e"', null, -32700, 'PROTOCOL'],
          ["{'jsonrpc':'2.0'}", null, -32700, 'PROTOCOL'],
          ['[]', null, -32600, 'PROTOCOL'],
          ['null', null, -32600, 'PROTOCOL'],
          ['1', null, -32600, 'PROTOCOL'],
          ['"publish"', null, -32600, 'PROTOCOL'],
          [{}, null, -32600, 'PROTOCOL'],
          [{ id: 1 }, 1, -32600, 'PROTOCOL'],
          [{ ...publishing(1, 1), jsonrpc: '1.0' }, 1, -32600, 'PROTOCOL'],
          [{ ...publishing(1, 1), jsonrpc: 2 }, 1, -32600, 'PROTOCOL'],
          [{ ...publishing(1, 1), method: 7 }, 1, -32600, 'PROTOCOL'],
          [request(1, 'publish', 'e'), 1, -32600, 'PROTOCOL'],
          [request(1, 'purge', {}), 1, -32601, 'UNSUPPORTED'],
          [request(1, 'constructor', {}), 1, -32601, 'UNSUPPORTED'],
          [request(1, 'rpc.discover', {}), 1, -32601, 'UNSUPPORTED'],
          [request(1, 'publish', { value: 1 }), 1, -32602, 'INVALID_ARGUMENT'],
          [request(1, 'publish', { event_name: 'e' }), 1, -32602, 'INVALID_ARGUMENT'],
          [publishing(1, 1, ''), 1, -32602, 'INVALID_ARGUMENT'],
          [publishing(1, 1, 'x'.repeat(257)), 1, -32602, 'INVALID_ARGUMENT'],
          [request(1, 'subscribe', {}), 1, -32602, 'INVALID_ARGUMENT'],
          [request(1, 'unsubscribe', { subscription_id: 1 }), 1, -32602, 'INVALID_ARGUMENT'],
          [request(1, 'unsubscribe', { subscription_id: others['subscription_id'] }), 1, -32002, 'FORBIDDEN'],
          [request(1, 'subscribe', { event_name: 'f' }), 1, -32003, 'LIMIT'],
          [request(1, 'subscribe', { event_name: 'e', client_id: reader }), 1, -32001, 'UNAUTHORIZED'],
        ];
        for (const [frame, requestId, number, code] of refusals) {
          assertFailure(await peer.ask(frame), requestId, number, code);
        }
        for (const [clientId, method, number, code] of [
          [reader, 'publish', -32002, 'FORBIDDEN'],
          [writer, 'subscribe', -32002, 'FORBIDDEN'],
          ['unknown-0123456789', 'publish', -32001, 'UNAUTHORIZED'],
          [undefined, 'subscribe', -32001, 'UNAUTHORIZED'],
        ] as const) {
          const stranger = await openRpc(pipe);
          const params = { event_name: 'e', value: 1, client_id: clientId };
          assertFailure(await stranger.ask(request('r', method, params)), 'r', number, code);
          stranger.end();
        }
        await until(
          () => server.stats().connections === before.connections,
          'those who were refused are gone',
        );
        const { published, delivered, subscriptions } = server.stats();
        assert.deepEqual({ ...before, published, delivered, subscriptions }, before);
        // And nothing of it has hurt the one who asked.
        await peer.call('publish', { event_name: 'e', value: 1 });
      }));
  });
}
