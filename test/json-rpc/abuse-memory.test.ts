/**
 * Peers that would have the server keep what they send, or what they do not read. They are ended before they cost it
 * much, and it has its memory back then. It is a process of its own, so that the memory is nobody else's.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { TurnedAway } from '#lib/protocol/limits.js';
import { ask, type Peer } from '../support/abuse-peer.js';
import { attackedServer, type AttackedServer, type Memory } from '../support/abuse-server.js';
import { beyond, mediaNames, type MediumName } from '../support/abuse-stage.js';
import { until } from '../support/until.js';

const MiB = 1024 * 1024;
const frameBytes = MiB;

describe('the memory of a server', () => {
  let server: AttackedServer;
  let start: Memory;

  before(async () => {
    // The rate alone would keep them down, and time end those who are not known.
    server = await attackedServer({ requestsPerSecond: 0x7fffffff, identifyTime: 600_000 });
    await server.serves();
    start = await server.memory();
  });

  after(() => server.close());

  /** Fails unless `limit` is counted so many times for what `run` does, and all is then as it was. */
  async function attack(
    limit: TurnedAway,
    count: number,
    run: () => Promise<readonly Peer[]>,
  ): Promise<void> {
    const counted = async (): Promise<number> => (await server.stats()).turnedAway[limit] ?? 0;
    const turnedAway = { ...(await server.stats()).turnedAway };
    const attackers = await run();
    await until(async () => (await counted()) === (turnedAway[limit] ?? 0) + count, `${limit} is counted`);
    for (const peer of attackers) peer.close();
    await server.serves();
    await until(async () => (await server.stats()).connections === 2, 'the attackers are gone');
    const expected = { ...turnedAway, [limit]: (turnedAway[limit] ?? 0) + count };
    assert.deepEqual((await server.stats()).turnedAway, expected);
    await assertMemory();
  }

  async function assertMemory(): Promise<void> {
    let memory = await server.memory();
    const isBack = async (): Promise<boolean> => {
      memory = await server.memory();
      return memory.living < start.living + 40 * MiB;
    };
    await until(isBack, `what lives is again about ${start.living} bytes, not ${memory.living}`);
    assert.ok(memory.peak < start.resident + 200 * MiB, `${memory.peak} at most, ${start.resident} at first`);
  }

  for (const medium of mediaNames) {
    for (const limit of ['unknownOutputBytes', 'outputBytes'] as const) {
      it(`survives 9 MB of requests whose answers are never read, up to ${limit} over ${medium}`, () =>
        attack(limit, 1, async () => {
          const peer = await (limit === 'outputBytes' ? server.knownPeer(medium) : server.peer(medium));
          peer.stopReading();
          // The answers are fourteen times as long.
          const requests = `[${Array(128).fill('{"id":1}').join(',')}]`;
          for (let sent = 0; sent < 9 * MiB && !peer.hasEnded; sent += requests.length) {
            peer.send(requests);
            await peer.drained();
          }
          return [peer];
        }));
    }
  }

  it('survives events that three subscribers never read, each over another medium', () =>
    attack('outputBytes', 3, async () => {
      const stalled = await Promise.all(mediaNames.map((medium) => subscribed(medium)));
      for (const peer of stalled) peer.stopReading();
      const value = 'v'.repeat(500_000);
      let listeners = stalled.length;
      for (let n = 0; n < 200 && listeners > 0; n++) {
        ({ listeners } = await server.publisher.publish('stalled', value));
      }
      assert.equal(listeners, 0);
      return stalled;
    }));

  async function subscribed(medium: MediumName): Promise<Peer> {
    const peer = await server.knownPeer(medium);
    const request = { jsonrpc: '2.0', id: 1, method: 'subscribe', params: { event_name: 'stalled' } };
    assert.match(await ask(peer, JSON.stringify(request)), /"result"/);
    return peer;
  }

  it('survives WebSocket pings whose pongs are never read', async () => {
    const peer = await server.peer('webSocket');
    peer.stopReading();
    // As long as they may be, and masked with nothing.
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125)]);
    const pings = Buffer.concat(Array<Buffer>(500).fill(ping));
    for (let sent = 0; sent < 128 * MiB && !peer.hasEnded; sent += pings.length) {
      peer.socket.write(pings);
      await peer.drained();
    }
    assert.ok(peer.hasEnded);
    await server.serves();
    await assertMemory();
  });

  for (const medium of mediaNames) {
    it(`survives twenty frames without end over ${medium}`, () =>
      attack('frameBytes', 20, async () => {
        const peers = await Promise.all(Array.from({ length: 20 }, () => server.knownPeer(medium)));
        const part = 'x'.repeat(60_000);
        await Promise.all(
          peers.map(async (peer) => {
            for (let sent = 0; sent < 32 * MiB && !peer.hasEnded; sent += part.length) await peer.begin(part);
          }),
        );
        return peers;
      }));
  }

  it('survives frames of half a million levels', () =>
    attack('jsonDepth', 20, async () => {
      const peer = await server.knownPeer('tcp');
      const deep = '['.repeat(500_000) + ']'.repeat(500_000);
      assert.ok(deep.length < frameBytes);
      for (let n = 0; n < 20; n++) assert.equal(await ask(peer, deep), beyond('jsonDepth', 64));
      return [peer];
    }));
});
