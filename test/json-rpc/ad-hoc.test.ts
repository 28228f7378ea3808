/** Trusted connections without an id: each is one client, with a random id, from its first request on. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { until } from '../support/until.js';
import { DartClient } from './dart-client.js';
import { handMedia, onHandStage } from './hand-stage.js';
import { openRpc, publishing, request, type Fields } from './rpc-peer.js';

/** 32 hex digits. */
const bits = 128;

function idOf(answer: unknown): unknown {
  const { result, params } = answer as { result?: Fields; params?: { result?: Fields } };
  return (result ?? params?.result)?.['client_id'];
}

function notification(method: string, params: Fields): Fields {
  return { jsonrpc: '2.0', method, params: { client_id: null, ...params } };
}

for (const medium of handMedia) {
  describe(`ad-hoc clients on ${medium}`, () => {
    it('first requests that come in one piece are all those of one client', () =>
      onHandStage(medium, { isTrusted: true }, async ({ server, pipe }) => {
        const peer = await openRpc(pipe);
        const event_name = 'e';
        peer.say(
          notification('subscribe', { request_id: 'first', event_name }),
          request(1, 'subscribe', { event_name }),
          // It does not hear itself from the first on.
          ...Array.from({ length: 50 }, (_, n) => publishing(`p${n}`, n)),
          notification('publish', { request_id: 'n', event_name, value: 1 }),
          [publishing('b1', 1), publishing('b2', 2), request('b3', 'subscribe', { event_name })],
          // Nor may it be told any more to be another one.
          request('u', 'subscribe', { event_name, client_id: 'somebody-else-0123456789' }),
          notification('unsubscribe', { request_id: 'own', subscription_id: '1' }),
          request(2, 'unsubscribe', { subscription_id: '2' }),
          request('last', 'publish', { event_name, value: null }),
        );
        const answers: unknown[] = [];
        while ((answers.at(-1) as Fields | undefined)?.['id'] !== 'last')
          answers.push(...[await peer.next()].flat());
        assert.equal(answers.length, 60);
        const refused = answers.filter((answer) => (answer as Fields)['error'] !== undefined);
        assert.deepEqual(
          refused.map((answer) => (answer as Fields)['id']),
          ['u'],
        );
        const ids = new Set(answers.filter((answer) => !refused.includes(answer)).map(idOf));
        assert.equal(ids.size, 1);
        assert.match(String([...ids][0]), /^[0-9a-f]{32}$/);
        assert.ok(answers.every((answer) => (answer as Fields)['method'] !== 'event'));
        const { connections, accepted, subscriptions, delivered } = server.stats();
        assert.deepEqual([connections, accepted, subscriptions, delivered], [1, 1, 1, 0]);
      }));

    it('whether it is greeted first or not', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe }) => {
        const peer = await openRpc(pipe);
        peer.say(request('h', 'hello', {}), publishing(1, 1), request(2, 'subscribe', { event_name: 'e' }));
        const answers = [await peer.next(), await peer.next(), await peer.next()];
        assert.equal(new Set(answers.map(idOf)).size, 1);
        // And may say from then on who it is.
        const own = { event_name: 'e', value: 1, client_id: idOf(answers[0]) };
        assert.equal(idOf(await peer.ask(request(3, 'publish', own))), idOf(answers[0]));
      }));

    it('one cancels its own subscription and no other, and hears the others but not itself', () =>
      onHandStage(medium, { isTrusted: true }, async ({ server, pipe, client }) => {
        const [one, two] = [await DartClient.open(pipe, null), await DartClient.open(pipe, null)];
        const ours = client(null);
        const [first, second] = await Promise.all([one.subscribe('e'), two.subscribe('e')]);
        const received: unknown[] = [];
        await ours.subscribe('e', (value) => received.push(value));
        await one.publish('e', 'one');
        await two.publish('e', 'two');
        await ours.publish('e', 'ours');
        await until(() => first.values.length + second.values.length + received.length === 6, 'all values');
        assert.deepEqual(
          [first.values, second.values, received],
          [
            ['two', 'ours'],
            ['one', 'ours'],
            ['one', 'two'],
          ],
        );
        await assert.rejects(one.unsubscribe(second));
        await one.unsubscribe(first);
        await two.unsubscribe(second);
        assert.equal(server.stats().subscriptions, 1);
      }));

    it('the id of one is of no use to another', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe }) => {
        const one = await DartClient.open(pipe, null);
        await one.publish('e', 1);
        const thief = await DartClient.open(pipe, one.clientId);
        await assert.rejects(thief.publish('e', 1), { message: 'the server does not know this client' });
      }));

    it('each has another id, of which each bit is as often set as not', () =>
      onHandStage(medium, { isTrusted: true }, async ({ pipe }) => {
        const count = 100;
        const ids = new Set<string>();
        for (let n = 0; n < count; n++) {
          const peer = await openRpc(pipe);
          ids.add(String(idOf(await peer.ask(publishing(1, 1)))));
          peer.end();
        }
        assert.equal(ids.size, count);
        const numbers = [...ids].map((id) => {
          assert.match(id, /^[0-9a-f]{32}$/);
          return BigInt(`0x${id}`);
        });
        for (let bit = 0n; bit < bits; bit++) {
          const set = numbers.filter((number) => (number >> bit) & 1n).length;
          // Eight standard deviations: by chance not once in the life of the universe.
          assert.ok(set > 10 && set < 90, `bit ${bit} is set in ${set} of ${count} ids`);
        }
      }));
  });
}
