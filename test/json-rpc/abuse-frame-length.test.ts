/** Frames as long as they may be, longer, and without an end: before a peer has said who it is, and after. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import { ask, ended, type Peer } from '../support/abuse-peer.js';
import { beyond, mediaNames, onStage, ping, pong, type AbuseStage } from '../support/abuse-stage.js';

const stages = {
  unknownFrameBytes: (stage: AbuseStage, medium: (typeof mediaNames)[number]) => stage.peer(medium),
  frameBytes: (stage: AbuseStage, medium: (typeof mediaNames)[number]) => stage.knownPeer(medium),
} as const;

for (const medium of mediaNames) {
  for (const limit of ['unknownFrameBytes', 'frameBytes'] as const) {
    const bytes = defaultLimits[limit];
    const assertRefused = (peer: Peer, texts: readonly string[]): void => {
      assert.deepEqual(texts, [beyond(limit, bytes)]);
      assert.equal(peer.closeCode, medium === 'webSocket' ? 1000 : undefined);
    };

    describe(`${limit} over ${medium}`, () => {
      it('a frame of one byte less, and of just so many, is taken', () =>
        onStage({}, async (stage) => {
          const peer = await stages[limit](stage, medium);
          for (const length of [bytes - 1, bytes]) assert.equal(await ask(peer, padded(length)), pong);
          assert.deepEqual(stage.server.stats().turnedAway, {});
        }));

      it('a frame of one byte too many ends the connection', () =>
        onStage({}, async (stage) => {
          const peer = await stages[limit](stage, medium);
          const said = peer.texts.length;
          peer.send(padded(bytes + 1));
          await ended(peer);
          assertRefused(peer, peer.texts.slice(said));
          assert.deepEqual(stage.server.stats().turnedAway, { [limit]: 1 });
        }));

      it('a frame that never ends is not listened to for longer', () =>
        onStage({}, async (stage) => {
          const peer = await stages[limit](stage, medium);
          const said = peer.texts.length;
          const part = 'x'.repeat(4_000);
          let length = 0;
          for (; !peer.hasEnded && length < 64 * bytes; length += part.length) await peer.begin(part);
          await ended(peer);
          assert.ok(length > bytes);
          assertRefused(peer, peer.texts.slice(said));
          assert.deepEqual(stage.server.stats().turnedAway, { [limit]: 1 });
        }));
    });
  }
}

/** A frame of so many bytes that is right. */
function padded(bytes: number): string {
  return `${ping.slice(0, -1)}${' '.repeat(bytes - ping.length)}}`;
}
