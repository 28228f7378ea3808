/**
 * One client that asks far more than it may in a second, beside twenty honest ones: it has to wait, and loses nothing;
 * the others do not wait for it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JsonRpcClient } from 'clustercast/json-rpc';
import { knownId, mediaNames, onStage } from '../support/abuse-stage.js';
import { until } from '../support/until.js';

const requestsPerSecond = 1_000;
const count = 2_000;

describe('a flood of requests', () => {
  for (const medium of mediaNames) {
    it(`is answered in order, and slowly, over ${medium}; honest clients are answered meanwhile`, () =>
      onStage({ requestsPerSecond }, async (stage) => {
        const honest = Array.from(
          { length: 20 },
          (_, n) => new JsonRpcClient(knownId, stage.dialer(mediaNames[n % 3] ?? 'tcp')),
        );
        try {
          await Promise.all(honest.map(({ ready }) => ready));
          const flooder = await stage.knownPeer(medium);
          const said = flooder.texts.length;
          const start = performance.now();
          for (let n = 0; n < count; n++) flooder.send(publish(n));

          for (let n = 0; n < 10; n++) {
            const publishing = honest.map((client, of) => client.publish('honest', `${of} ${n}`));
            for (const { listeners } of await Promise.all(publishing)) assert.equal(listeners, 1);
          }
          await until(() => flooder.texts.length === said + count, 'every request is answered', 30_000);
          const time = performance.now() - start;

          const answers = flooder.texts.slice(said);
          assert.deepEqual(
            answers,
            Array.from({ length: count }, (_, n) => published(n)),
          );
          const all = 1 + honest.length * 10 + count;
          await until(() => stage.received.length === all, 'the honest client is told all');
          const fromFlooder = stage.received.filter((value) => typeof value === 'number');
          assert.deepEqual(
            fromFlooder,
            Array.from({ length: count }, (_, n) => n),
          );
          // As many as it may make at once, and for the others it needs that long at least, however slow the machine.
          assert.ok(time >= ((count - requestsPerSecond) / requestsPerSecond) * 1000 - 50, `${time} ms`);
          const { turnedAway } = stage.server.stats();
          assert.deepEqual(Object.keys(turnedAway), ['requestsPerSecond']);
        } finally {
          await Promise.all(honest.map((client) => client.close()));
        }
      }));
  }

  it('in frames of a byte is no more than that, however many arrive at once', () =>
    onStage({ requestsPerSecond }, async (stage) => {
      const flooder = await stage.knownPeer('tcp');
      flooder.socket.write('\n'.repeat(200_000));
      await until(() => flooder.texts.length > 1.5 * requestsPerSecond || flooder.hasEnded, 'it is answered');
      assert.ok(!flooder.hasEnded);
      assert.deepEqual(Object.keys(stage.server.stats().turnedAway), ['requestsPerSecond']);
    }));

  it('does not make clients seem dead that have to wait', () =>
    onStage({ requestsPerSecond: 100, silenceTime: 800 }, async (stage) => {
      const clients = mediaNames.map((medium) => new JsonRpcClient(knownId, stage.dialer(medium)));
      try {
        await Promise.all(clients.map(({ ready }) => ready));
        // Twice the time after which they would be given up.
        const publishing = clients.flatMap((client) =>
          Array.from({ length: 420 }, (_, n) => client.publish('honest', n)),
        );
        for (const { listeners } of await Promise.all(publishing)) assert.equal(listeners, 1);
        assert.deepEqual(Object.keys(stage.server.stats().turnedAway), ['requestsPerSecond']);
      } finally {
        await Promise.all(clients.map((client) => client.close()));
      }
    }));

  it('counts each request of a batch', () =>
    onStage({ requestsPerSecond: 100, requestsPerFrame: 100 }, async (stage) => {
      const flooder = await stage.knownPeer('webSocket');
      const said = flooder.texts.length;
      const start = performance.now();
      const batch = `[${Array.from({ length: 100 }, (_, n) => publish(n)).join(',')}]`;
      for (let n = 0; n < 3; n++) flooder.send(batch);
      await until(() => flooder.texts.length === said + 3, 'every batch is answered', 30_000);
      assert.ok(performance.now() - start >= 950, 'the third one waits until the second one is paid for');
    }));
});

function publish(value: number): string {
  return `{"jsonrpc":"2.0","id":${value},"method":"publish","params":{"event_name":"honest","value":${value}}}`;
}

function published(id: number): string {
  return `{"jsonrpc":"2.0","id":${id},"result":{"listeners":1,"client_id":"${knownId}"}}`;
}
