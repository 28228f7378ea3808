/** The classes of the `json-rpc-2.0` package, as they come from npm, work against the server without anything of ours. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  createJSONRPCNotification,
  createJSONRPCRequest,
  JSONRPCClient,
  JSONRPCErrorException,
  JSONRPCServer,
  JSONRPCServerAndClient,
  type JSONRPCRequest,
  type JSONRPCResponse,
} from 'json-rpc-2.0';
import { until, within } from '../support/until.js';
import { handMedia, onHandStage, type OpenPipe } from './hand-stage.js';

const id = 'dashboard-0123456789';
const reader = 'reader-0123456789';
const clients = [{ id }, { id: reader, canPublish: false }];

interface Result {
  readonly listeners?: number;
  readonly subscription_id?: string;
  readonly client_id: string;
}

/** The one that only asks. */
async function openClient(open: OpenPipe): Promise<JSONRPCClient> {
  const pipe = await open((text) => client.receive(JSON.parse(text) as JSONRPCResponse));
  const client = new JSONRPCClient((payload) => pipe.send(JSON.stringify(payload)));
  return client;
}

/** The one that is told events, too; with what it has complained about. */
async function openPeer(
  open: OpenPipe,
): Promise<{ peer: JSONRPCServerAndClient; events: unknown[]; complaints: unknown[] }> {
  const events: unknown[] = [];
  const complaints: unknown[] = [];
  const errorListener = (message: string, data: unknown): void => void complaints.push([message, data]);
  const pipe = await open((text) => {
    peer.receiveAndSend(JSON.parse(text)).catch((error: unknown) => complaints.push(error));
  });
  const peer = new JSONRPCServerAndClient(
    new JSONRPCServer({ errorListener }),
    new JSONRPCClient((payload) => pipe.send(JSON.stringify(payload))),
    { errorListener },
  );
  peer.addMethod('event', (params) => void events.push(params));
  return { peer, events, complaints };
}

async function call(
  peer: JSONRPCClient | JSONRPCServerAndClient,
  method: string,
  params: object,
): Promise<Result> {
  return (await within(
    Promise.resolve(peer.request(method, params, undefined)),
    `the answer to ${method}`,
  )) as Result;
}

function publish(requestId: number | string): JSONRPCRequest {
  return createJSONRPCRequest(requestId, 'publish', { event_name: 'e', value: requestId });
}

for (const medium of handMedia) {
  describe(`the package json-rpc-2.0, on ${medium}`, () => {
    it('its client publishes, subscribes and unsubscribes by request', () =>
      onHandStage(medium, { isTrusted: true }, async ({ server, pipe }) => {
        const client = await openClient(pipe);
        const { client_id } = await call(client, 'hello', {});
        assert.match(client_id, /^[0-9a-f]{32}$/);
        const { subscription_id, ...rest } = await call(client, 'subscribe', { event_name: 'e' });
        assert.deepEqual(rest, { client_id });
        assert.deepEqual(await call(client, 'publish', { event_name: 'e', value: null }), {
          listeners: 0,
          client_id,
        });
        assert.deepEqual(await call(client, 'unsubscribe', { subscription_id }), { client_id });
        assert.deepEqual([server.stats().published, server.stats().subscriptions], [1, 0]);
      }));

    it('its errors have our numbers and codes', () =>
      onHandStage(medium, { clients }, async ({ pipe }) => {
        const cases: [client: string | undefined, method: string, number: number, code: string][] = [
          [reader, 'publish', -32002, 'FORBIDDEN'],
          [id, 'purge', -32601, 'UNSUPPORTED'],
          [id, 'unsubscribe', -32602, 'INVALID_ARGUMENT'],
          ['unknown-0123456789', 'publish', -32001, 'UNAUTHORIZED'],
          [undefined, 'publish', -32001, 'UNAUTHORIZED'],
          [undefined, 'hello', -32001, 'UNAUTHORIZED'],
        ];
        for (const [client_id, method, number, code] of cases) {
          const client = await openClient(pipe);
          const refused = call(client, method, { client_id, event_name: 'e', value: 1 });
          await assert.rejects(refused, (error) => {
            assert.ok(error instanceof JSONRPCErrorException);
            assert.deepEqual([error.code, error.data], [number, { code: `ERR_PUBSUB_${code}` }]);
            return true;
          });
        }
      }));

    it('its batches are answered in one piece, whatever is in them', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe }) => {
        const client = await openClient(pipe);
        const answers = await within(
          Promise.resolve(
            client.requestAdvanced([
              publish(1),
              createJSONRPCRequest('two', 'purge', {}),
              createJSONRPCNotification('publish', { request_id: 'n', event_name: 'e', value: 1 }),
              createJSONRPCRequest(3, 'subscribe', { event_name: 'e' }),
            ]),
          ),
          'the answer to the batch',
        );
        assert.deepEqual(
          answers.map((answer) => [answer.id, answer.error?.code]),
          [
            [1, undefined],
            ['two', -32601],
            [3, undefined],
          ],
        );
        const one = await within(Promise.resolve(client.requestAdvanced([publish(4)])), 'a batch of one');
        assert.deepEqual(
          one.map((answer) => answer.id),
          [4],
        );
        const many = Array.from({ length: 128 }, (_, n) => publish(n));
        const all = await within(
          Promise.resolve(client.requestAdvanced(many)),
          'as many as a batch may hold',
        );
        assert.deepEqual(
          all.map((answer) => answer.id),
          many.map((request) => request.id),
        );
      }));

    it('its server and client in one are told events, and answer nothing to them', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe, client, server }) => {
        const { peer, events, complaints } = await openPeer(pipe);
        const ours = client(null);
        const received: unknown[] = [];
        await ours.subscribe('to ours', (value) => received.push(value));
        const { client_id } = await call(peer, 'subscribe', { event_name: '__proto__' });
        const many = Array.from({ length: 200 }, (_, n) => ours.publish('__proto__', n));
        for (const published of many) assert.deepEqual(await published, { listeners: 1 });
        await until(() => events.length === many.length, 'all events');
        assert.deepEqual(
          events,
          many.map((_, value) => ({ event_name: '__proto__', value })),
        );
        const toOurs = { event_name: 'to ours', value: { n: 1 } };
        assert.deepEqual(await call(peer, 'publish', toOurs), { listeners: 1, client_id });
        await until(() => received.length === 1, 'the value');
        assert.deepEqual(received, [{ n: 1 }]);
        assert.deepEqual(complaints, []);
        assert.equal(server.stats().refused, 0);
      }));

    it('its notifications are carried out, and the reply is a method of theirs', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe, client }) => {
        const { peer, complaints } = await openPeer(pipe);
        const received: unknown[] = [];
        await client(null).subscribe('e', (value) => received.push(value));
        const replies: unknown[] = [];
        peer.addMethod('my-request', (params) => void replies.push(params));
        const params = { request_id: 'my-request', client_id: null, event_name: 'e', value: null };
        peer.notify('publish', params, undefined);
        // To this reply nobody listens, which hurts nobody.
        peer.notify('publish', { ...params, request_id: 'unheard' }, undefined);
        await until(() => received.length === 2 && replies.length === 1, 'values and reply');
        const { result } = replies[0] as { result: Result };
        assert.deepEqual(replies, [{ status: true, request_id: 'my-request', result }]);
        assert.equal(result.listeners, 1);
        await call(peer, 'ping', {});
        assert.deepEqual(complaints, []);
      }));
  });
}
