/** A hundred thousand frames of all kinds of nonsense. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Server } from 'clustercast';
import { JsonRpcAdapter } from 'clustercast/json-rpc';
import { answersTo, frame } from '../support/abuse-frames.js';
import { MemorySource, type MemoryPeer } from '../support/abuse-memory-source.js';
import type { Peer } from '../support/abuse-peer.js';
import { knownId, mediaNames, onStage } from '../support/abuse-stage.js';
import { holds } from '../support/property.js';
import { endOfTurn } from '../support/turn.js';

/** In one run, over one connection unless it ends. */
const framesPerRun = 50;
const runs = { inMemory: 1_940, perMedium: 20 };
const frames = fc.array(frame, { minLength: framesPerRun, maxLength: framesPerRun });
const limits = { requestsPerSecond: 0x7fffffff, identifyTime: 600_000 };

describe('fuzzed frames', () => {
  for (const isTrusted of [false, true]) {
    it(`${(runs.inMemory / 2) * framesPerRun} are answered once at most, where ${isTrusted ? 'all' : 'none'} are trusted`, async () => {
      const source = new MemorySource();
      const server = new Server([new JsonRpcAdapter(source, { isTrusted })], { limits });
      server.registerClient({ id: knownId });
      await server.start();
      const honest = source.connect();
      honest.send(call('s', 'subscribe', { client_id: knownId, event_name: 'honest' }));
      await endOfTurn();
      const property = fc.asyncProperty(frames, async (texts) => {
        let peer = source.connect();
        for (const text of texts) {
          peer.send(text);
          await endOfTurn();
          assertAnswered(text, peer.take(), peer);
          if (peer.hasEnded) peer = source.connect();
        }
        peer.close();
        assert.equal(server.stats().connections, 1);
        assert.equal(server.stats().subscriptions, 1);
      });
      await holds(property, runs.inMemory / 2);
      assert.equal(Object.getOwnPropertyDescriptor(Object.prototype, 'polluted'), undefined);
      honest.take();
      honest.send(call('p', 'publish', { event_name: 'honest', value: 1 }));
      await endOfTurn();
      assert.match(honest.take().join(), /"listeners":0/);
      honest.close();
      const { published, delivered, refused } = server.stats();
      const enough = published > 1_000 && delivered > 100 && refused > 10_000;
      assert.ok(
        enough,
        `${published} published, ${delivered} delivered, ${refused} refused: too much of one kind`,
      );
      assert.deepEqual(pick(server.stats()), { connections: 0, subscriptions: 0, events: 0 });
      await server.close();
    });
  }

  for (const medium of mediaNames) {
    it(`${runs.perMedium * framesPerRun} are answered once at most over ${medium}`, () =>
      onStage(limits, async (stage) => {
        const property = fc.asyncProperty(frames, async (texts) => {
          let peer = await stage.peer(medium);
          for (const raw of texts) {
            const text = medium === 'webSocket' ? raw : raw.replaceAll('\n', ' ');
            if (peer.hasEnded) peer = await stage.peer(medium);
            const [least, most] = answersTo(wellFormed(text));
            const answers = await between(peer, text);
            assert.ok(answers.length <= most, `${text}\n${answers.join('\n')}`);
            assert.ok(answers.length >= least, `${text} is not answered`);
          }
          peer.close();
          await stage.serves();
        });
        await holds(property, runs.perMedium);
        assert.deepEqual(Object.keys(stage.server.stats().turnedAway).filter(isUnexpected), []);
      }));
  }
});

/** What is answered to `text`, and before the answer to a ping that is said after it, if one comes. */
async function between(peer: Peer, text: string): Promise<string[]> {
  const said = peer.texts.length;
  peer.send(text);
  peer.send(call('between', 'ping', {}));
  await peer.until(() => peer.texts.slice(said).some(isPong), 'an answer');
  return peer.texts.slice(said).filter((answer) => !isPong(answer));
}

function isPong(answer: string): boolean {
  return answer === '{"jsonrpc":"2.0","id":"between","result":{}}';
}

function assertAnswered(text: string, answers: readonly string[], { hasEnded }: MemoryPeer): void {
  const [least, most] = answersTo(text);
  const shown = `${text}\n${answers.join('\n')}`;
  assert.ok(answers.length <= most, shown);
  assert.ok(answers.length >= least, shown);
  if (hasEnded) assert.match(answers.at(-1) ?? '', /"error"|"status":false/, shown);
  for (const answer of answers) assert.equal(typeof JSON.parse(answer), 'object', shown);
}

/** What a text is once it has been bytes. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

function call(id: string, method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id, method, params });
}

function pick({ connections, subscriptions, events }: ReturnType<Server['stats']>): object {
  return { connections, subscriptions, events };
}

function isUnexpected(limit: string): boolean {
  return !['jsonDepth', 'requestsPerFrame', 'eventNameLength'].includes(limit);
}
