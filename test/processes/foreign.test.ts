/** What others say on the same channel, and what only looks like ours: no reaction, no throw, and they hear theirs. */
import assert from 'node:assert/strict';
import type { Worker } from 'node:cluster';
import { afterEach, describe, it } from 'node:test';
import fc from 'fast-check';
import { startPrimary, type Primary } from 'clustercast';
import { deferred } from '#lib/client/deferred.js';
import { until, within } from '../support/until.js';
import { endWorkers, forkReady, useSerialization } from '../support/workers.js';

const shapes: unknown[] = [
  ...[null, 0, 1, -1.5, '', 'text', true, [], {}, [null], ['event', 1]],
  // PM2, socket.io, sticky sessions, node --watch, Node's own commands.
  { type: 'process:msg', data: { ready: true } },
  { source: '_sio_adapter', type: 3, data: {} },
  { type: 'sticky:connection', sessionId: 'x' },
  ...Array.from({ length: 200 }, () => ({ 'watch:import': ['file:///app/index.js'] })),
  ...Array.from({ length: 10 }, () => ({ 'watch:require': ['/app/index.js'] })),
  { cmd: 'NODE_UNKNOWN' },
  { cmd: 'NODE_', key: 1 },
  // Documented messages without an envelope are nobody's.
  { request_id: '1', method: 'publish', params: { event_name: 'e', value: 1 } },
  { status: true, request_id: '1', result: {} },
];

/** Ours by the tag, and still nonsense. */
const nearlyOurs: unknown[] = [
  { clustercast: 1 },
  { clustercast: '1', port: 'p', hello: {} },
  { clustercast: 2, port: 'p', hello: { version: 2 } },
  { clustercast: 1, hello: {} },
  { clustercast: 1, port: 7, hello: {} },
  { clustercast: 1, port: '', hello: {} },
  { clustercast: 1, port: 'x'.repeat(300), hello: {} },
  { clustercast: 1, port: 'p', hello: null },
  { clustercast: 1, port: 'p', hello: 'hello' },
  { clustercast: 1, port: 'p' },
  { clustercast: 1, id: 5, batch: [] },
  { clustercast: 1, id: '__proto__', batch: [] },
  { clustercast: 1, id: 'nobody', message: {} },
  { clustercast: 1, id: 'nobody', batch: [] },
  { clustercast: 1, id: 'nobody', bye: true },
  { clustercast: 1, id: '1', bye: 'yes' },
  { clustercast: 1, port: 'nobody', welcome: { status: true, id: '1' } },
  { clustercast: 1, port: 'nobody', welcome: null },
  { clustercast: 1, port: 'nobody', message: ['e', 1] },
  { clustercast: 1, port: 'nobody', bye: true },
];

/** Node takes a `cmd` that begins with NODE_ and goes on for its own, and raises no 'message' for it. */
const isNodesOwn = (message: unknown): boolean =>
  /^NODE_./.test(String((message as { cmd?: unknown } | null)?.cmd));

describe('foreign traffic', () => {
  let primary: Primary | undefined;

  afterEach(async () => {
    await endWorkers();
    await primary?.close();
  });

  for (const serialization of ['advanced', 'json'] as const) {
    it(`is left alone, both ways (${serialization})`, async (t) => {
      const seed = Number(process.env['FC_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
      t.diagnostic(`FC_SEED=${seed}`);
      useSerialization(serialization);
      // No heartbeat, so that every message is one that this test has sent.
      primary = await startPrimary({ limits: { heartbeatTime: 600_000 } });
      const [forked] = await forkReady(1, 'listener');
      assert.ok(forked !== undefined);
      assert.ok(forked !== undefined);
      const { worker, call } = forked;
      const random = fc.sample(fc.jsonValue(), { numRuns: 10_000, seed });
      const all = [...shapes, ...nearlyOurs, ...random, 'the last one'];
      const expected = all
        .filter((message) => !isNodesOwn(message))
        .map((message) => JSON.stringify(message));
      const before = primary.server.stats();

      send(worker, all);
      // The library's listener stands beside the application's, which hears everything.
      await until(async () => ((await call('all')) as number) >= expected.length, 'all of it');
      const theirs = expected.filter((text) => !text.startsWith('{"clustercast":1,'));
      assert.ok(
        isSame((await call('heard')) as string[], theirs),
        'the application heard what was said to it',
      );
      assert.deepEqual(await call('errors'), []);

      const heard: unknown[] = [];
      worker.on('message', (message: { control?: string } | null) => {
        if (message?.control === undefined) heard.push(JSON.stringify(message));
      });
      await call('say', all);
      await until(() => heard.length === expected.length, 'all of it');
      assert.ok(isSame(heard, expected), 'the application heard what was said to it');

      const after = primary.server.stats();
      assert.deepEqual(after, before);
      const { state, pending, received } = (await call('stats')) as Record<string, unknown>;
      assert.deepEqual([state, pending, received], ['open', 0, 0]);
      assert.deepEqual(await call('publish'), { listeners: 0 });
    });
  }
});

describe('the listeners of the library', () => {
  it('leave the process with its last client', async () => {
    const primary = await startPrimary();
    try {
      const [forked] = await forkReady(1, 'listener');
      assert.ok(forked !== undefined);
      const [messages, disconnects] = (await forked.call('listeners')) as [number, number];
      await forked.call('close');
      assert.deepEqual(await forked.call('listeners'), [messages - 1, disconnects - 1]);
    } finally {
      await endWorkers();
      await primary.close();
    }
  });
});

describe('an id', () => {
  it('is good only in the process that it was assigned to', async () => {
    const primary = await startPrimary();
    try {
      const [one, two] = await forkReady(2, 'listener');
      assert.ok(one !== undefined && two !== undefined);
      const received: unknown[] = [];
      await primary.connect().subscribe('e', (value) => received.push(value));
      const message = { request_id: 'x', method: 'publish', params: { event_name: 'e', value: 'forged' } };
      const id = await ownId(one.worker);
      await two.call('say', [
        { clustercast: 1, id, message },
        { clustercast: 1, id, bye: true },
      ]);
      assert.deepEqual(await two.call('publish'), { listeners: 1 });
      assert.deepEqual(await one.call('publish'), { listeners: 1 });
      await until(() => received.length >= 2, 'both publishes');
      assert.deepEqual(new Set(received), new Set([1]), 'nothing was forged');
    } finally {
      await endWorkers();
      await primary.close();
    }
  });
});

/** The id that the client in `worker` uses. */
async function ownId(worker: Worker): Promise<string> {
  const found = deferred<string>();
  worker.on('message', (message: { clustercast?: number; id?: string } | null) => {
    if (message?.clustercast === 1 && message.id !== undefined) found.resolve(message.id);
  });
  worker.send({ control: 'call', id: -1, name: 'publish', args: [] });
  return within(found.promise, 'the id of a client');
}

/** As `deepEqual`, without ten thousand lines of difference. */
function isSame(actual: readonly unknown[], expected: readonly unknown[]): boolean {
  return actual.length === expected.length && actual.every((value, position) => value === expected[position]);
}

function send(worker: Worker, messages: readonly unknown[]): void {
  for (const message of messages) worker.send(message as object, () => undefined);
}
