/** JSON that is nested deeper than it may be is refused before it is parsed. The connection stays, and nothing changes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, type ServerStats } from 'clustercast';
import { ask, ended } from '../support/abuse-peer.js';
import { beyond, mediaNames, onStage, ping, pong } from '../support/abuse-stage.js';

const { jsonDepth, unknownFrameBytes, frameBytes } = defaultLimits;
/** Of a request itself, in which there is a value. */
const requestDepth = 2;

for (const medium of mediaNames) {
  describe(`jsonDepth over ${medium}`, () => {
    it('a publish of just so many levels is carried out', () =>
      onStage({}, async (stage) => {
        const peer = await stage.knownPeer(medium);
        const answer = await ask(peer, publish(nested(jsonDepth - requestDepth)));
        assert.match(answer, /"result":\{"listeners":1,/);
        assert.deepEqual(stage.server.stats().turnedAway, {});
      }));

    for (const levels of [jsonDepth + 1, 5_000, 500_000]) {
      const bare = nested(levels);
      const fitsUnknown = bare.length <= unknownFrameBytes;
      assert.ok(bare.length < frameBytes);

      it(`${levels} levels are refused after the peer has said who it is`, () =>
        onStage({}, async (stage) => {
          const peer = await stage.knownPeer(medium);
          const before = unchanging(stage.server.stats());
          const frames = [bare, publish(nested(levels - requestDepth)), `[${publish(nested(levels))}]`];
          for (const frame of frames) assert.equal(await ask(peer, frame), beyond('jsonDepth', jsonDepth));
          // As deep for a scanner that does not stop where an ordinary parser would.
          assert.equal(await ask(peer, '['.repeat(levels)), beyond('jsonDepth', jsonDepth));
          assert.deepEqual(unchanging(stage.server.stats()), before);
          assert.deepEqual(stage.server.stats().turnedAway, { jsonDepth: 4 });
          assert.equal(await ask(peer, ping), pong);
        }));

      it(`${levels} levels are refused before`, () =>
        onStage({}, async (stage) => {
          const peer = await stage.peer(medium);
          if (fitsUnknown) {
            assert.equal(await ask(peer, bare), beyond('jsonDepth', jsonDepth));
            assert.equal(await ask(peer, ping), pong);
          } else {
            assert.equal(await ask(peer, bare), beyond('unknownFrameBytes', unknownFrameBytes));
            await ended(peer);
          }
          const limit = fitsUnknown ? 'jsonDepth' : 'unknownFrameBytes';
          assert.deepEqual(stage.server.stats().turnedAway, { [limit]: 1 });
        }));
    }

    it('brackets within a string are no levels', () =>
      onStage({}, async (stage) => {
        const peer = await stage.knownPeer(medium);
        const value = JSON.stringify(`"\\"\\${'['.repeat(5_000)}\\`);
        assert.match(await ask(peer, publish(value)), /"result":\{"listeners":1,/);
      }));
  });
}

function nested(levels: number): string {
  return '['.repeat(levels) + ']'.repeat(levels);
}

function publish(value: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"publish","params":{"event_name":"honest","value":${value}}}`;
}

/** What a refused request must leave as it is. */
function unchanging({ published, delivered, subscriptions, connections }: ServerStats): object {
  return { published, delivered, subscriptions, connections };
}
