/** Too many connections, in all and from one address: those beyond are turned away, and the others stay. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Limits } from 'clustercast';
import { ask, ended, upgradeRequest, type Peer } from '../support/abuse-peer.js';
import { mediaNames, onStage, ping, pong, type AbuseStage, type MediumName } from '../support/abuse-stage.js';
import { until } from '../support/until.js';

/** How one is turned away that asks to upgrade. There is no HTTP where a server has no room for another socket. */
const refusals = {
  connections: /socket hang up|ECONNRESET/,
  connectionsPerAddress: /response: 429/,
} as const;
type Counted = keyof typeof refusals;

for (const medium of mediaNames) {
  describe(`connections over ${medium}`, () => {
    for (const limit of ['connections', 'connectionsPerAddress'] as const) {
      if (medium === 'unix' && limit === 'connectionsPerAddress') continue;

      it(`those beyond ${limit} are turned away until others have left`, () =>
        onStage({ [limit]: 5 } satisfies Partial<Limits>, async (stage) => {
          const first = await fill(stage, medium, limit);
          for (let n = 1; n <= 3; n++) {
            await turnedAway(stage, medium, limit);
            assert.deepEqual(stage.server.stats().turnedAway, { [limit]: n });
          }
          for (const peer of first) assert.equal(await ask(peer, ping), pong);
          first[0]?.close();
          await until(() => hasRoom(stage, medium), 'there is room for another one');
        }));
    }

    it('those that were ended, and do not hang up, are still there', () => {
      const limit = medium === 'unix' ? 'connections' : 'connectionsPerAddress';
      const count = medium === 'unix' ? 5 : 4;
      return onStage({ [limit]: 5, identifyTime: 300 }, async (stage) => {
        const stubborn = await Promise.all(
          Array.from({ length: count }, () => stage.bare(medium, { hangsUp: false })),
        );
        if (medium === 'webSocket') for (const peer of stubborn) peer.socket.write(upgradeRequest);
        const told = (): number => stage.server.stats().turnedAway.identifyTime ?? 0;
        await until(() => told() === count, 'they have been ended');
        await turnedAway(stage, medium, limit);
        for (const peer of stubborn) peer.close();
        await until(() => hasRoom(stage, medium), 'there is room when they are gone');
      });
    });
  });
}

it('a Unix socket has no addresses to count by', () =>
  onStage({ connectionsPerAddress: 1 }, async (stage) => {
    for (let n = 0; n < 5; n++) assert.equal(await ask(await stage.peer('unix'), ping), pong);
    assert.deepEqual(stage.server.stats().turnedAway, {});
  }));

it('a hundred that come at once to five places: five are let in', () =>
  onStage({ connections: 5 }, async (stage) => {
    const free = 4; // one of them is the honest client's
    const peers = await Promise.all(Array.from({ length: 100 }, () => stage.peer('tcp')));
    const answers = await Promise.all(peers.map((peer) => ask(peer, ping).catch(() => undefined)));
    assert.equal(answers.filter((answer) => answer === pong).length, free);
    assert.deepEqual(stage.server.stats().turnedAway, { connections: 100 - free });
  }));

/** Connects as many as there is room for beside the honest client, if that one uses the same medium. */
async function fill(stage: AbuseStage, medium: MediumName, limit: Counted): Promise<Peer[]> {
  const count = medium === 'unix' ? 5 : 4;
  const peers = await Promise.all(Array.from({ length: count }, () => stage.peer(medium)));
  for (const peer of peers) assert.equal(await ask(peer, ping), pong);
  assert.deepEqual(stage.server.stats().turnedAway, {}, limit);
  return peers;
}

/** Whether one more is let in, and then stays. The end of others is noticed when it is. */
async function hasRoom(stage: AbuseStage, medium: MediumName): Promise<boolean> {
  try {
    return (await ask(await stage.peer(medium), ping)) === pong;
  } catch {
    return false;
  }
}

async function turnedAway(stage: AbuseStage, medium: MediumName, limit: Counted): Promise<void> {
  if (medium === 'webSocket') {
    await assert.rejects(stage.peer(medium), refusals[limit]);
    return;
  }
  const peer = await stage.peer(medium);
  await ended(peer);
  assert.deepEqual(peer.texts, []);
}
