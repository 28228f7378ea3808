/** A conversation whose bytes come in two pieces, cut at every place there is; or that ends at every place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  honestConnections,
  honestSubscriptions,
  knownId,
  onStage,
  type AbuseStage,
} from '../support/abuse-stage.js';
import { upgradeRequest } from '../support/abuse-peer.js';
import { endOfTurn } from '../support/turn.js';
import { until } from '../support/until.js';

const frames = [
  { jsonrpc: '2.0', id: 1, method: 'hello', params: { client_id: knownId } },
  // Characters of two, three and four bytes.
  { jsonrpc: '2.0', id: 2, method: 'subscribe', params: { event_name: 'é€😀' } },
  { jsonrpc: '2.0', id: 3, method: 'publish', params: { event_name: 'honest', value: 'é€😀' } },
].map((frame) => Buffer.from(JSON.stringify(frame)));

/** In the end of what each conversation is answered. */
const lastAnswer = `{"jsonrpc":"2.0","id":3,"result":{"listeners":1,"client_id":"${knownId}"}}`;

const conversations = {
  tcp: lines(frames),
  unix: lines(frames),
  webSocket: Buffer.concat([Buffer.from(upgradeRequest), ...frames.map(masked)]),
} as const;

const atOnce = 20;

for (const medium of ['tcp', 'unix', 'webSocket'] as const) {
  const bytes = conversations[medium];

  describe(`a conversation over ${medium}`, () => {
    it('is the same wherever it is cut in two', () =>
      onStage({}, async (stage) => {
        await atEachPlace(bytes.length, async (place) => {
          const peer = await stage.bare(medium);
          let heard = '';
          peer.socket.on('data', (chunk: string) => (heard += chunk));
          peer.socket.write(bytes.subarray(0, place));
          // Two turns, so that the server, in this very process, has read the one before the other comes.
          await endOfTurn();
          await endOfTurn();
          peer.socket.write(bytes.subarray(place));
          await until(() => heard.includes(lastAnswer), `the answers, cut at ${place}`);
          assert.equal(heard.match(/"result"/g)?.length, frames.length);
          peer.close();
        });
        const places = bytes.length - 1;
        await until(() => stage.received.length === 1 + places, 'the honest client is told each once');
        assert.deepEqual(stage.received.slice(1), Array(places).fill('é€😀'));
        assert.deepEqual(stage.server.stats().turnedAway, {});
        assert.equal(stage.server.stats().refused, 0);
      }));

    it('leaves nothing wherever it ends', () =>
      onStage({}, async (stage) => {
        await atEachPlace(bytes.length, async (place) => {
          const peer = await stage.bare(medium);
          const part = bytes.subarray(0, place);
          // Half of them hang up, half of them break off.
          if (place % 2 === 0) {
            peer.socket.end(part);
            return;
          }
          await new Promise<void>((resolve) => void peer.socket.write(part, () => resolve()));
          if (medium === 'unix') peer.close();
          else peer.socket.resetAndDestroy();
        });
        await until(() => isAlone(stage), 'only the honest clients are left');
        assert.deepEqual(stage.server.stats().turnedAway, {});
      }));
  });
}

async function atEachPlace(length: number, run: (place: number) => Promise<void>): Promise<void> {
  const places = Array.from({ length: length - 1 }, (_, n) => n + 1);
  for (let n = 0; n < places.length; n += atOnce) await Promise.all(places.slice(n, n + atOnce).map(run));
}

function lines(texts: readonly Buffer[]): Buffer {
  return Buffer.concat(texts.flatMap((text) => [text, Buffer.from('\n')]));
}

/** A WebSocket frame of less than 126 bytes as a client has to send it. */
function masked(text: Buffer): Buffer {
  const mask = [0x12, 0x34, 0x56, 0x78];
  const payload = text.map((byte, n) => byte ^ (mask[n % 4] ?? 0));
  assert.ok(text.length < 126);
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, ...mask]), payload]);
}

function isAlone({ server }: AbuseStage): boolean {
  const { connections, subscriptions } = server.stats();
  return connections === honestConnections && subscriptions === honestSubscriptions;
}
