/** Too many requests in a frame, too many subscriptions, too long a name: refused one by one, and nobody is cut off. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import { ask } from '../support/abuse-peer.js';
import { beyond, honestSubscriptions, mediaNames, onStage, ping, pong } from '../support/abuse-stage.js';

const { requestsPerFrame, eventNameLength } = defaultLimits;

interface Answer {
  readonly id?: unknown;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: {
    readonly code: number;
    readonly message: string;
    readonly data: { readonly code: string };
  };
}

for (const medium of mediaNames) {
  describe(`limits of what is asked over ${medium}`, () => {
    it('a batch of just so many requests is carried out, one of one more is not', () =>
      onStage({}, async (stage) => {
        const peer = await stage.knownPeer(medium);
        const answers = JSON.parse(await ask(peer, batch(requestsPerFrame))) as Answer[];
        assert.deepEqual(
          answers.map(({ id, result }) => [id, result?.['listeners']]),
          Array.from({ length: requestsPerFrame }, (_, id) => [id, 1]),
        );
        const { published } = stage.server.stats();
        const refused = await ask(peer, batch(requestsPerFrame + 1));
        assert.equal(refused, beyond('requestsPerFrame', requestsPerFrame));
        assert.equal(stage.server.stats().published, published);
        assert.deepEqual(stage.server.stats().turnedAway, { requestsPerFrame: 1 });
        assert.equal(await ask(peer, ping), pong);
      }));

    it('so is one of ten thousand elements of whatever kind, before the peer has said who it is', () =>
      onStage({ unknownFrameBytes: 100_000 }, async (stage) => {
        const peer = await stage.peer(medium);
        for (const element of ['1', 'null', '{}', '[]', '""']) {
          const text = `[${Array(10_000).fill(element).join(',')}]`;
          assert.equal(await ask(peer, text), beyond('requestsPerFrame', requestsPerFrame));
        }
        assert.deepEqual(stage.server.stats().turnedAway, { requestsPerFrame: 5 });
        assert.equal(await ask(peer, ping), pong);
      }));

    it('a name of just so many characters is taken, one of one more is not', () =>
      onStage({}, async (stage) => {
        const peer = await stage.knownPeer(medium);
        for (const method of ['subscribe', 'publish']) {
          const request = (length: number): string =>
            call(method, { event_name: 'n'.repeat(length), value: 1 }, method);
          assert.ok(parse(await ask(peer, request(eventNameLength))).result !== undefined);
          const { error } = parse(await ask(peer, request(eventNameLength + 1)));
          assert.deepEqual([error?.code, error?.data.code], [-32602, 'ERR_PUBSUB_INVALID_ARGUMENT']);
          assert.match(error?.message ?? '', /eventNameLength/);
        }
        const { turnedAway, subscriptions } = stage.server.stats();
        assert.deepEqual(turnedAway, { eventNameLength: 2 });
        assert.equal(subscriptions, honestSubscriptions + 1);
      }));

    it('a client has so many subscriptions, and another one once it has given one up', () =>
      onStage({ subscriptionsPerClient: 3 }, async (stage) => {
        const peer = await stage.knownPeer(medium);
        const subscribe = async (): Promise<Answer> =>
          parse(await ask(peer, call('subscribe', { event_name: 'e' })));
        const ids: unknown[] = [];
        for (let n = 0; n < 3; n++) ids.push((await subscribe()).result?.['subscription_id']);
        for (let n = 0; n < 2; n++) {
          const { error } = await subscribe();
          assert.deepEqual([error?.code, error?.data.code], [-32003, 'ERR_PUBSUB_LIMIT']);
          assert.match(error?.message ?? '', /subscriptionsPerClient/);
        }
        assert.equal(stage.server.stats().subscriptions, honestSubscriptions + 3);
        assert.deepEqual(stage.server.stats().turnedAway, { subscriptionsPerClient: 2 });
        await ask(peer, call('unsubscribe', { subscription_id: ids[0] }));
        assert.ok((await subscribe()).result !== undefined);
      }));
  });
}

function batch(count: number): string {
  const publishes = Array.from({ length: count }, (_, id) =>
    call('publish', { event_name: 'honest', value: id }, id),
  );
  return `[${publishes.join(',')}]`;
}

function call(method: string, params: object, id: string | number = 1): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

function parse(text: string): Answer {
  return JSON.parse(text) as Answer;
}
