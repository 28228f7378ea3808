/** Peers that connect and say nothing, or hardly anything: each is told, and ended, in its time. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ended, type Peer } from '../support/abuse-peer.js';
import { beyond, mediaNames, onStage, ping, pong, type AbuseStage } from '../support/abuse-stage.js';
import { until } from '../support/until.js';

describe('slow peers', () => {
  it('500 that say nothing and 500 that say a byte at a time are ended, and counted', () => {
    const limits = { identifyTime: 3_000, frameTime: 500, connectionsPerAddress: 2_000 };
    return onStage(limits, async (stage) => {
      const silent: Peer[] = [];
      const slow: Peer[] = [];
      const drip = dripInto(slow);
      try {
        for (let n = 0; n < 500; n += 20) {
          silent.push(...(await twenty(stage, n)));
          slow.push(...(await twenty(stage, n)));
          await stage.serves();
        }
        let rounds = 0;
        await until(
          async () => {
            await stage.serves();
            rounds += 1;
            return [...silent, ...slow].every((peer) => peer.hasEnded);
          },
          'all have ended',
          30_000,
        );
        assert.ok(rounds > 1, 'the honest client was served meanwhile');
      } finally {
        clearInterval(drip);
      }
      for (const peer of silent) assertTold(peer, beyond('identifyTime', limits.identifyTime));
      for (const peer of slow) assertTold(peer, beyond('frameTime', limits.frameTime));
      assert.deepEqual(stage.server.stats().turnedAway, { identifyTime: 500, frameTime: 500 });
    });
  });

  for (const medium of mediaNames) {
    it(`one that has said who it is has no more time for a frame over ${medium}`, () =>
      onStage({ frameTime: 300 }, async (stage) => {
        const [peer, idle] = [await stage.knownPeer(medium), await stage.knownPeer(medium)];
        const drip = dripInto([peer]);
        try {
          await ended(peer);
        } finally {
          clearInterval(drip);
        }
        assertTold(peer, beyond('frameTime', 300));
        assert.deepEqual(stage.server.stats().turnedAway, { frameTime: 1 });
        idle.send(ping);
        await until(() => idle.texts.at(-1) === pong, 'one that is in no frame has all the time');
      }));

    it(`requests that do not say who asks give no more time over ${medium}`, () =>
      onStage({ identifyTime: 400 }, async (stage) => {
        const peer = await stage.peer(medium);
        const asking = setInterval(() => peer.send(ping), 20);
        try {
          await ended(peer);
        } finally {
          clearInterval(asking);
        }
        assertTold(peer, beyond('identifyTime', 400));
        assert.deepEqual(stage.server.stats().turnedAway, { identifyTime: 1 });
      }));
  }

  it('what comes between the parts of a WebSocket message gives it no more time', () =>
    onStage({ frameTime: 300 }, async (stage) => {
      const peer = await stage.knownPeer('webSocket');
      await peer.begin('{');
      const emptyPing = Buffer.from([0x89, 0x80, 0, 0, 0, 0]);
      const pinging = setInterval(() => peer.socket.write(emptyPing), 20);
      try {
        await ended(peer);
      } finally {
        clearInterval(pinging);
      }
      assertTold(peer, beyond('frameTime', 300));
    }));

  it('a WebSocket message that begins in the bytes that end another one has its time, too', () =>
    onStage({ frameTime: 300 }, async (stage) => {
      const peer = await stage.knownPeer('webSocket');
      const noMask = [0, 0, 0, 0];
      const whole = [0x81, 0x80 | ping.length, ...noMask, ...Buffer.from(ping)];
      peer.socket.write(Buffer.from([...whole, 0x01, 0x81, ...noMask, 0x7b]));
      await ended(peer);
      assert.deepEqual(peer.texts.slice(1), [pong, beyond('frameTime', 300)]);
    }));

  it('one that connects to a WebSocket server and does not ask to upgrade is ended like the others', () =>
    onStage({ identifyTime: 400 }, async (stage) => {
      const peers = await Promise.all(Array.from({ length: 50 }, () => stage.bare('webSocket')));
      await Promise.all(peers.map((peer) => ended(peer)));
      assert.deepEqual(stage.server.stats().turnedAway, { identifyTime: 50 });
    }));
});

/** Twenty at a time over each medium in turn: as many as are accepted at once. */
function twenty(stage: AbuseStage, turn: number): Promise<Peer[]> {
  const medium = mediaNames[(turn / 20) % mediaNames.length] ?? 'tcp';
  return Promise.all(Array.from({ length: 20 }, () => stage.peer(medium)));
}

/** Gives each of `peers` a byte now and then, of a frame that never ends. */
function dripInto(peers: readonly Peer[]): ReturnType<typeof setInterval> {
  return setInterval(() => {
    for (const peer of peers) if (!peer.hasEnded) void peer.begin(' ');
  }, 50);
}

function assertTold(peer: Peer, text: string): void {
  assert.equal(peer.texts.at(-1), text);
}
