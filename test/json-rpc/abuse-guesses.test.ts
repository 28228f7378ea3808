/** Ten thousand ids that the server does not know, by each way in which an id can be said: one answer for all. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, ended, type Peer } from '../support/abuse-peer.js';
import { knownId, mediaNames, onStage, type AbuseStage } from '../support/abuse-stage.js';

const perWay = 4_000;
const hellos = 2_000;
const atOnce = 50;
const limits = { requestsPerSecond: 0x7fffffff, identifyTime: 600_000, connectionsPerAddress: 1_000 };

const refusal = { code: 'ERR_PUBSUB_UNAUTHORIZED', message: 'the server does not know this client' };

describe('guessing ids', () => {
  it('ten thousand wrong ids are refused in the same words, and nobody is let in', () =>
    onStage(limits, async (stage) => {
      const { refused, published, accepted } = stage.server.stats();
      await Promise.all([notify(stage), request(stage), greet(stage)]);
      const stats = stage.server.stats();
      assert.equal(stats.refused - refused, 2 * perWay + hellos);
      assert.equal(stats.published - published, hellos / atOnce, 'what the honest client said meanwhile');
      assert.ok(!stage.received.includes('let in'));
      assert.deepEqual(stats.turnedAway, {});
      // The connections that said no hello count, as they may yet say who they are.
      assert.equal(stats.accepted - accepted, 2 * mediaNames.length);
    }));

  it('an id is bound to who said it first, and another one is refused in the same words', () =>
    onStage(limits, async (stage) => {
      for (const medium of mediaNames) {
        const peer = await stage.knownPeer(medium);
        for (const id of guesses(20)) assert.equal(await ask(peer, asked('x', id)), refusedAs('x'));
        assert.match(await ask(peer, asked('y', knownId)), /"result"/);
      }
    }));
});

/** As notifications over a few connections, which go on. */
async function notify(stage: AbuseStage): Promise<void> {
  await onEach(stage, perWay, async (peer, ids) => {
    for (const [n, id] of ids.entries()) {
      const params = { request_id: `r${n}`, client_id: id, event_name: 'honest', value: 'let in' };
      peer.send(JSON.stringify({ jsonrpc: '2.0', method: 'publish', params }));
    }
    await peer.until(() => peer.texts.length === ids.length, 'all are answered');
    for (const [n, text] of peer.texts.entries()) {
      const failure = {
        status: false,
        request_id: `r${n}`,
        error_message: refusal.message,
        code: refusal.code,
      };
      assert.equal(text, JSON.stringify({ jsonrpc: '2.0', method: `r${n}`, params: failure }));
    }
  });
}

/** As standard requests. */
async function request(stage: AbuseStage): Promise<void> {
  await onEach(stage, perWay, async (peer, ids) => {
    for (const [n, id] of ids.entries()) peer.send(asked(n, id));
    await peer.until(() => peer.texts.length === ids.length, 'all are answered');
    for (const [n, text] of peer.texts.entries()) assert.equal(text, refusedAs(n));
  });
}

/** In a hello, of which a connection has one. */
async function greet(stage: AbuseStage): Promise<void> {
  const ids = guesses(hellos);
  for (let n = 0; n < hellos; n += atOnce) {
    const medium = mediaNames[(n / atOnce) % mediaNames.length] ?? 'tcp';
    await Promise.all(
      ids.slice(n, n + atOnce).map(async (client_id) => {
        const peer = await stage.peer(medium);
        const hello = { jsonrpc: '2.0', id: 'hello', method: 'hello', params: { client_id } };
        assert.equal(await ask(peer, JSON.stringify(hello)), refusedAs('hello'));
        await ended(peer);
        assert.equal(peer.texts.length, 1);
      }),
    );
    await stage.serves();
  }
}

/** So many ids over a connection of each medium. */
async function onEach(
  stage: AbuseStage,
  count: number,
  run: (peer: Peer, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  const ids = guesses(count);
  const share = Math.ceil(count / mediaNames.length);
  await Promise.all(
    mediaNames.map(async (medium, n) => run(await stage.peer(medium), ids.slice(n * share, (n + 1) * share))),
  );
}

/** Wrong ids: near misses first, then whatever. */
function guesses(count: number): string[] {
  const near = Array.from(knownId, (_, n) => knownId.slice(0, n)).slice(1);
  const alike = [
    knownId.toUpperCase(),
    ` ${knownId}`,
    `${knownId} `,
    `${knownId}\0`,
    knownId.replace('a', 'а'),
  ];
  const names = ['__proto__', 'constructor', 'toString', 'null', 'undefined', '*', '%', 'x'.repeat(256)];
  const others = Array.from({ length: count }, (_, n) => `known-${n.toString(16).padStart(16, '0')}`);
  return [...near, ...alike, ...names, ...others].slice(0, count);
}

function asked(id: unknown, client_id: string): string {
  const params = { client_id, event_name: 'other', value: 1 };
  return JSON.stringify({ jsonrpc: '2.0', id, method: 'publish', params });
}

function refusedAs(id: unknown): string {
  const error = { code: -32001, message: refusal.message, data: { code: refusal.code } };
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}
