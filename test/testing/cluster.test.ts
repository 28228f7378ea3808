/** A simulated cluster without faults: what is in it is real, and it ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedCluster } from 'clustercast/testing';
import type { Gap } from 'clustercast';
import { code } from '../support/codes.js';
import { overflow, record } from '../support/recorded.js';
import { until, within } from '../support/until.js';

describe('a simulated cluster', () => {
  for (const serialization of ['advanced', 'json'] as const) {
    it(`keeps its processes in sync, ${serialization}`, async () => {
      await using cluster = new SimulatedCluster({ serialization });
      await cluster.start();
      const clients = [cluster.connect(), cluster.fork().connect(), cluster.fork().connect()];
      const records = await Promise.all(clients.map((client) => record(client, 'e')));
      const published = clients.flatMap((client, place) =>
        [0, 1, 2].map((n) => client.publish('e', `${place}-${n}`)),
      );
      for (const { listeners } of await Promise.all(published)) assert.equal(listeners, 2);
      await cluster.settled();
      for (const [place, { stream }] of records.entries()) {
        const others = [0, 1, 2].filter((other) => other !== place);
        const due = others.flatMap((other) => [0, 1, 2].map((n) => `${other}-${n}`));
        assert.deepEqual(new Set(stream), new Set(due));
        assert.equal(stream.length, due.length);
      }
    });
  }

  it('takes workers and clients before its start', async () => {
    await using cluster = new SimulatedCluster();
    const [worker, primary] = [cluster.fork().connect(), cluster.connect()];
    const published = Promise.all([worker.publish('e', 1), primary.publish('e', 1)]);
    await cluster.settled();
    assert.equal(cluster.server.stats().connections, 0);
    await cluster.start();
    assert.deepEqual(await published, [{ listeners: 0 }, { listeners: 0 }]);
  });

  it('lets several clients of one worker and their rights be, as real workers do', async () => {
    await using cluster = new SimulatedCluster({
      prepare: (server) => server.registerClient({ id: 'reader', canPublish: false }),
    });
    await cluster.start();
    const worker = cluster.fork();
    const [reader, writer] = [worker.connect({ clientId: 'reader' }), worker.connect()];
    const { stream } = await record(reader, 'e');
    await assert.rejects(reader.publish('e', 1), code('FORBIDDEN'));
    assert.deepEqual(await writer.publish('e', 2), { listeners: 1 });
    await assert.rejects(worker.connect({ clientId: 'stranger' }).ready, code('UNAUTHORIZED'));
    await cluster.settled();
    assert.deepEqual(stream, [2]);
  });

  it('shares nothing between processes: what cannot be copied is not sent', async () => {
    await using cluster = new SimulatedCluster();
    await cluster.start();
    const [one, other] = [cluster.fork().connect(), cluster.fork().connect()];
    const values: object[] = [];
    await one.subscribe('e', (value) => values.push(value as object));
    const value = { inner: {} };
    await other.publish('e', value);
    await cluster.settled();
    assert.deepEqual(values, [value]);
    assert.notEqual(values[0], value);
  });

  it('acknowledges for real: no event is lost, however small the window, where everybody takes them', async () => {
    await using cluster = new SimulatedCluster({ limits: { windowMessages: 4 } });
    await cluster.start();
    const { stream } = await record(cluster.fork().connect(), 'e');
    const publisher = cluster.connect();
    for (let n = 0; n < 50; n += 1) {
      await publisher.publish('e', n);
      await cluster.settled();
    }
    assert.deepEqual(stream, [...Array(50).keys()]);
    assert.equal(cluster.server.stats().gaps, 0);
  });

  it('does what its documentation shows', async () => {
    await using cluster = new SimulatedCluster({ limits: { windowMessages: 4 } });
    await cluster.start();
    const worker = cluster.fork();
    const [publisher, subscriber] = [cluster.connect(), worker.connect()];
    const { stream } = await record(subscriber, 'e');
    worker.stop();
    for (let n = 0; n < 10; n += 1) await publisher.publish('e', n);
    worker.continue();
    await cluster.settled();
    assert.deepEqual(stream, [0, 1, 2, 3, overflow('e', 6)]);
  });

  it('disconnects who does not keep up, where it is asked to', async () => {
    await using cluster = new SimulatedCluster({ limits: { windowMessages: 4 }, overflow: 'disconnect' });
    await cluster.start();
    const worker = cluster.fork();
    const client = worker.connect();
    const { stream } = await record(client, 'e');
    worker.stop();
    const publisher = cluster.connect();
    for (let n = 0; n < 10; n += 1) await publisher.publish('e', n);
    worker.continue();
    await until(() => stream.length === 5, 'the subscription is restored');
    const gap: Gap = { reason: 'reconnect', count: undefined, events: undefined };
    assert.deepEqual(stream, [0, 1, 2, 3, gap]);
  });

  it('restarts: workers find the next server, and are told a gap of unknown size', async () => {
    await using cluster = new SimulatedCluster();
    await cluster.start();
    const client = cluster.fork().connect();
    const { stream } = await record(client, 'e');
    const { epoch } = cluster.server.stats();
    const primary = cluster.connect();
    await primary.publish('e', 1);
    await cluster.restart();
    await within(primary.closed, 'the end of a client in the primary');
    assert.notEqual(cluster.server.stats().epoch, epoch);
    await until(() => stream.length === 2, 'the subscription is restored');
    await cluster.connect().publish('e', 2);
    await cluster.settled();
    assert.deepEqual(stream, [1, { reason: 'restart', count: undefined, events: undefined }, 2]);
  });

  it('leaves nothing behind when it closes: all promises settle, whatever they wait for', async () => {
    const cluster = new SimulatedCluster();
    await cluster.start();
    const [running, stopped, killed] = [cluster.fork(), cluster.fork(), cluster.fork()];
    const clients = [running, stopped, killed].map((worker) => worker.connect());
    await Promise.all(clients.map((client) => record(client, 'e')));
    stopped.stop();
    killed.kill();
    const published = clients.map((client) => client.publish('e', 1));
    const closes = clients.map(({ closed }) => closed);
    const settled = Promise.allSettled(published);
    await cluster.close();
    await within(Promise.all([settled, ...closes]), 'all promises');
    assert.equal(cluster.server.stats().connections, 0);
    assert.throws(() => cluster.fork(), code('CLOSED'));
    await cluster.close();
  });
});
