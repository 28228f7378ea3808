/** A client written by hand, which speaks the documented notifications as Dart's does, is a client like any other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { DartClient, Refusal, type Params } from './dart-client.js';
import { handMedia, onHandStage } from './hand-stage.js';

const id = 'dashboard-0123456789';
const reader = 'reader-0123456789';
const writer = 'writer-0123456789';
const clients = [{ id }, { id: reader, canPublish: false }, { id: writer, canSubscribe: false }];

/** Names and values that a careless reader of JSON, of lines or of objects would stumble over. */
const names = [
  ...['__proto__', 'constructor', 'toString', 'event', 'publish', 'hello', 'null', '0', ' ', 'a\nb', 'a\r\n'],
  ...['"', '\\', '"}}', ',"value":', '\u2028', '\0', 'é😀', 'x'.repeat(256)],
];
const values = [
  ...[null, false, 0, -1.5, 1e21, '', 'a\nb', '\u2028"}}\\', 'é😀', [], {}, [[null]], { value: null }],
  ...[{ event_name: 'other', value: 1 }, ['event', 1], { request_id: '1', jsonrpc: '2.0', method: 'event' }],
  ...[JSON.parse('{"__proto__":{"a":1}}') as unknown, 'x'.repeat(100_000)],
];

for (const medium of handMedia) {
  describe(`notifications by hand, on ${medium}`, () => {
    it('one that is trusted and has no id learns its id from the first reply, and does all that a client may', () =>
      onHandStage(medium, { isTrusted: true }, async ({ server, pipe, client }) => {
        const ours = client(null);
        const received: unknown[] = [];
        await ours.subscribe('to ours', (value) => received.push(value));
        const dart = await DartClient.open(pipe, null);

        const published = await dart.publish('to ours', { n: [1, null] });
        const { clientId } = dart;
        assert.match(String(clientId), /^[0-9a-f]{32}$/);
        assert.notEqual(clientId, ours.clientId);
        const { method: publishId } = published;
        const result = { listeners: 1, client_id: clientId };
        assert.deepEqual(published, {
          jsonrpc: '2.0',
          method: publishId,
          params: { status: true, request_id: publishId, result },
        });
        await until(() => received.length === 1, 'the value');
        assert.deepEqual(received, [{ n: [1, null] }]);

        const subscription = await dart.subscribe('to dart');
        const { id: subscription_id } = subscription;
        assert.match(String(subscription_id), /^\d+$/);
        const subscribeId = dart.said.at(-1)?.method;
        const both = { subscription_id, client_id: clientId };
        assert.deepEqual(dart.said.at(-1), {
          jsonrpc: '2.0',
          method: subscribeId,
          params: { status: true, request_id: subscribeId, ...both, result: both },
        });

        assert.deepEqual(await ours.publish('to dart', 'from ours'), { listeners: 1 });
        await until(() => subscription.values.length === 1, 'the value');
        assert.deepEqual(dart.said.at(-1), {
          jsonrpc: '2.0',
          method: 'event',
          params: { event_name: 'to dart', value: 'from ours' },
        });
        const own = await dart.publish('to dart', 'its own');
        assert.deepEqual(own.params['result'], { listeners: 0, client_id: clientId });

        const unsubscribed = await dart.unsubscribe(subscription);
        const { method: unsubscribeId } = unsubscribed;
        assert.deepEqual(unsubscribed, {
          jsonrpc: '2.0',
          method: unsubscribeId,
          params: { status: true, request_id: unsubscribeId, result: { client_id: clientId } },
        });
        assert.deepEqual(await ours.publish('to dart', 'too late'), { listeners: 0 });
        assert.deepEqual(subscription.values, ['from ours']);

        await dart.subscribe('to nobody soon');
        dart.end();
        await until(() => server.stats().connections === 1, 'the server drops it');
        assert.equal(server.stats().subscriptions, 1);
      }));

    it('one that is registered does the same where nobody is trusted, and is called by its id', () =>
      onHandStage(medium, { clients }, async ({ pipe }) => {
        const [one, two] = [await DartClient.open(pipe, id), await DartClient.open(pipe, id)];
        const subscription = await one.subscribe('e');
        assert.equal(one.clientId, id);
        const { params } = await two.publish('e', 'from the other');
        assert.deepEqual(params['result'], { listeners: 1, client_id: id });
        await until(() => subscription.values.length === 1, 'the value');
        await one.unsubscribe(subscription);
        assert.deepEqual((await two.publish('e', 1)).params['result'], { listeners: 0, client_id: id });
        assert.deepEqual(subscription.values, ['from the other']);
      }));

    it('each refusal is one reply with status false, a text and a code, and changes nothing', () =>
      onHandStage(medium, { clients }, async ({ server, pipe }) => {
        const own = await DartClient.open(pipe, id);
        const others = await (await DartClient.open(pipe, id)).subscribe('e');
        await own.publish('e', 'accepted');
        const before = server.stats();
        const value = 1;
        const cases: [client: string | null, method: string, params: Params, code: string][] = [
          [reader, 'publish', { event_name: 'e', value }, 'FORBIDDEN'],
          [writer, 'subscribe', { event_name: 'e' }, 'FORBIDDEN'],
          [id, 'unsubscribe', { subscription_id: others.id }, 'FORBIDDEN'],
          [id, 'unsubscribe', { subscription_id: '0' }, 'FORBIDDEN'],
          [id, 'unsubscribe', {}, 'INVALID_ARGUMENT'],
          [id, 'unsubscribe', { subscription_id: Number(others.id) }, 'INVALID_ARGUMENT'],
          [id, 'publish', { value }, 'INVALID_ARGUMENT'],
          [id, 'publish', { event_name: 'e' }, 'INVALID_ARGUMENT'],
          [id, 'publish', { event_name: '', value }, 'INVALID_ARGUMENT'],
          [id, 'publish', { event_name: 'x'.repeat(257), value }, 'INVALID_ARGUMENT'],
          [id, 'publish', { event_name: '\ud800', value }, 'INVALID_ARGUMENT'],
          [id, 'subscribe', { event_name: 7 }, 'INVALID_ARGUMENT'],
          [id, 'subscribe', {}, 'INVALID_ARGUMENT'],
          [id, 'purge', {}, 'UNSUPPORTED'],
          [id, '__proto__', {}, 'UNSUPPORTED'],
          ['unknown-0123456789', 'subscribe', { event_name: 'e' }, 'UNAUTHORIZED'],
          ['unknown-0123456789', 'publish', { event_name: 'e', value }, 'UNAUTHORIZED'],
          [null, 'subscribe', { event_name: 'e' }, 'UNAUTHORIZED'],
          [null, 'publish', { event_name: 'e', value }, 'UNAUTHORIZED'],
          [null, 'unsubscribe', { subscription_id: others.id }, 'UNAUTHORIZED'],
        ];
        for (const [clientId, method, params, code] of cases) {
          const dart = clientId === id ? own : await DartClient.open(pipe, clientId);
          const { length: saidBefore } = dart.said;
          const refused = await dart.ask(method, params).catch((error: unknown) => error);
          assert.ok(refused instanceof Refusal, `${method} ${JSON.stringify(params)} was not refused`);
          const { method: request_id } = refused.said;
          const error_message = refused.said.params['error_message'];
          assert.deepEqual(refused.said, {
            jsonrpc: '2.0',
            method: request_id,
            params: { status: false, request_id, error_message, code: `ERR_PUBSUB_${code}` },
          });
          assert.ok(typeof error_message === 'string' && error_message !== '');
          // Nothing else has come when the next answer is there.
          await dart.ask('ping', {});
          assert.equal(dart.said.length, saidBefore + 2);
          if (dart !== own) dart.end();
        }
        await until(
          () => server.stats().connections === before.connections,
          'those who were refused are gone',
        );
        const { published, delivered, subscriptions, events, refused } = server.stats();
        assert.deepEqual({ ...before, published, delivered, subscriptions, events }, before);
        assert.equal(refused - before.refused, cases.length);
        assert.deepEqual(others.values, ['accepted']);
      }));

    it('of several subscriptions to one event each has its id, and the event comes once for all of them', () =>
      onHandStage(medium, { isTrusted: true }, async ({ server, pipe, client }) => {
        const dart = await DartClient.open(pipe, null);
        const [first, second] = await Promise.all([dart.subscribe('e'), dart.subscribe('e')]);
        assert.notEqual(first.id, second.id);
        const ours = client(null);
        assert.deepEqual(await ours.publish('e', 1), { listeners: 1 });
        await until(() => second.values.length === 1, 'the value');
        await dart.unsubscribe(first);
        assert.deepEqual(await ours.publish('e', 2), { listeners: 1 });
        await until(() => second.values.length === 2, 'the second value');
        await dart.unsubscribe(second);
        assert.deepEqual(await ours.publish('e', 3), { listeners: 0 });
        assert.deepEqual([first.values, second.values], [[1], [1, 2]]);
        assert.equal(dart.said.filter(({ method }) => method === 'event').length, 2);
        await assert.rejects(dart.unsubscribe(first), Refusal);
        assert.equal(server.stats().subscriptions, 0);
      }));

    it('any value, null among them, arrives under any name as it was published, by hand or by the library', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe, client }) => {
        const [one, two] = [await DartClient.open(pipe, null), await DartClient.open(pipe, null)];
        const ours = client(null);
        const received: unknown[] = [];
        for (const [n, name] of names.entries()) {
          const value = values[n % values.length];
          const subscription = await one.subscribe(name);
          const subscribed = await ours.subscribe(name, (heard, { event }) => received.push([event, heard]));
          const { params } = await two.publish(name, value);
          assert.deepEqual(params['result'], { listeners: 2, client_id: two.clientId });
          assert.deepEqual(await ours.publish(name, value), { listeners: 1 });
          await until(() => subscription.values.length === 2, `the values of ${JSON.stringify(name)}`);
          assert.deepEqual(subscription.values, [value, value]);
          await until(() => received.length === n + 1, 'the value at ours');
          assert.deepEqual(received.at(-1), [name, value]);
          await subscribed.unsubscribe();
        }
        const all = await two.subscribe('all');
        for (const value of values) await one.publish('all', value);
        await until(() => all.values.length === values.length, 'all values');
        assert.deepEqual(all.values, values);
      }));

    it('a reply is named after its request, whatever the request was named', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe }) => {
        const dart = await DartClient.open(pipe, null);
        const ids = [...names, '1', '1', 'status', 'request_id'];
        for (const request_id of ids)
          dart.say(dart.spell('publish', { request_id, event_name: 'e', value: 1 }));
        await until(() => dart.said.length === ids.length, 'as many replies');
        assert.deepEqual(
          dart.said.map(({ method, params }) => [method, params['request_id'], params['status']]),
          ids.map((request_id) => [request_id, request_id, true]),
        );
      }));

    it('what is asked at once is done in its order, and answered in it', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe, client }) => {
        const count = 300;
        const received: unknown[] = [];
        await client(null).subscribe('e', (value) => received.push(value));
        const dart = await DartClient.open(pipe, null);
        const ids = Array.from({ length: count }, (_, n) => `request ${n}`);
        dart.say(
          ...ids.map((request_id, value) => dart.spell('publish', { request_id, event_name: 'e', value })),
        );
        await until(() => dart.said.length === count && received.length === count, 'all of it');
        assert.deepEqual(
          dart.said.map(({ method }) => method),
          ids,
        );
        assert.deepEqual(received, [...Array(count).keys()]);
      }));
  });
}
