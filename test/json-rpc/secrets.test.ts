/** What nobody learns of an id: not from a refusal, not from the log, not from another connection, not from an error. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.js';
import { until } from '../support/until.js';
import { handMedia, onHandStage, type HandStage } from './hand-stage.js';
import { request } from './rpc-peer.js';
import { playSecrets, secrets } from './secrets-story.js';

const id = 'registered-0123456789';

/** What a stranger may say of who it is; the last is nothing. */
const claims: readonly object[] = [
  { client_id: 'unknown-0123456789' },
  { client_id: `${id}0` },
  { client_id: id.slice(0, -1) },
  { client_id: id.toUpperCase() },
  { client_id: '\u{fffd}' },
  { client_id: null },
  {},
];

const wanted = { event_name: 'e', value: 1, subscription_id: '1' };

/** Frames with `claim` in them. */
const frames: Readonly<Record<string, (claim: object) => unknown>> = {
  'a notification to publish': (claim) => notification('publish', claim),
  'a notification to subscribe': (claim) => notification('subscribe', claim),
  'a notification to unsubscribe': (claim) => notification('unsubscribe', claim),
  'a notification of an unknown method': (claim) => notification('purge', claim),
  'a notification of hello': (claim) => notification('hello', claim),
  'a request to publish': (claim) => request('r', 'publish', { ...wanted, ...claim }),
  'a request to subscribe': (claim) => request('r', 'subscribe', { ...wanted, ...claim }),
  'a request to unsubscribe': (claim) => request('r', 'unsubscribe', { ...wanted, ...claim }),
  'a request without what it needs': (claim) => request('r', 'publish', claim),
  'a request of an unknown method': (claim) => request('r', 'purge', { ...wanted, ...claim }),
  'a hello': (claim) => request('r', 'hello', { version: 1, heartbeat: true, ...claim }),
  'a batch': (claim) => ['r', 's'].map((name) => request(name, 'publish', { ...wanted, ...claim })),
};

function notification(method: string, claim: object): object {
  return { jsonrpc: '2.0', method, params: { request_id: 'r', ...wanted, ...claim } };
}

/** What is said to one frame, to the end of the connection or to the answer of what is asked after it. */
async function saidTo({ pipe }: HandStage, frame: unknown): Promise<string> {
  const texts: string[] = [];
  let isClosed = false;
  const opened = await pipe((text) => texts.push(text));
  void opened.ended.then(() => (isClosed = true));
  opened.send(JSON.stringify(frame), JSON.stringify(request('last', 'subscribe', { event_name: 'e' })));
  await until(() => isClosed || texts.at(-1)?.includes('"last"') === true, 'all that is said');
  opened.end();
  return [...texts, isClosed ? 'closed' : 'open'].join('\n');
}

for (const medium of handMedia) {
  describe(`secrets on ${medium}`, () => {
    it('a wrong id and a missing one get the same reply, byte for byte', () =>
      onHandStage(medium, { clients: [{ id }] }, async (stage) => {
        for (const [what, frameWith] of Object.entries(frames)) {
          const replies: string[] = [];
          for (const claim of claims) replies.push(await saidTo(stage, frameWith(claim)));
          assert.match(String(replies[0]), /ERR_PUBSUB_UNAUTHORIZED/, what);
          assert.deepEqual(
            replies,
            claims.map(() => replies[0]),
            what,
          );
          // Whereas who is known gets another one.
          assert.notEqual(await saidTo(stage, frameWith({ client_id: id })), replies[0], what);
        }
        assert.deepEqual([stage.server.stats().delivered, stage.server.stats().published], [0, 4]);
      }));

    it('an id is told to its owner, and to nobody else in anything', () =>
      onHandStage(medium, { clients: secrets }, async (stage) => {
        const { toOwners, toBystander, refusals, toUnknown, thrown, stats } = await playSecrets(stage);
        for (const told of toOwners) assert.match(String(told), /canary/);
        for (const [what, texts] of Object.entries({ toBystander, refusals, toUnknown, thrown })) {
          assert.ok(texts.length > 5, `${what}: ${texts.length}`);
          for (const text of texts) assert.doesNotMatch(text, /canary/, what);
        }
        assert.doesNotMatch(stats, /canary/);
      }));
  });
}

describe('the log', () => {
  it('tells who was let in and who was refused, and no id', async () => {
    const { code, stderr } = await runProgram('canary', { DEBUG: 'clustercast:*' });
    assert.equal(code, 0, stderr);
    for (const line of [
      /clustercast:server tcp 127\.0\.0\.1:\d+ is client #[0-9a-f]{8}\n/,
      /clustercast:server unix client \d+ is client #[0-9a-f]{8}\n/,
      /clustercast:server websocket client \d+ \(127\.0\.0\.1\) is client #[0-9a-f]{8}\n/,
      /clustercast:server refused to connect tcp 127\.0\.0\.1:\d+: ERR_PUBSUB_UNAUTHORIZED\n/,
      /clustercast:server refused a request of tcp 127\.0\.0\.1:\d+: ERR_PUBSUB_FORBIDDEN\n/,
    ]) {
      assert.match(stderr, line);
    }
    assert.doesNotMatch(stderr, /canary/);
  });
});
