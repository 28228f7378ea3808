/** Each fault of a simulated worker. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedCluster, type SimulatedWorker } from 'clustercast/testing';
import type { Client } from 'clustercast';
import { code } from '../support/codes.js';
import { overflow, record } from '../support/recorded.js';
import { endOfTurn } from '../support/turn.js';
import { until } from '../support/until.js';

describe('a simulated worker', () => {
  interface Set {
    readonly cluster: SimulatedCluster;
    readonly worker: SimulatedWorker;
    readonly client: Client;
    /** In the primary. */
    readonly primary: Client;
  }

  async function inCluster(play: (set: Set) => Promise<void>, windowMessages = 100): Promise<void> {
    await using cluster = new SimulatedCluster({ limits: { windowMessages } });
    await cluster.start();
    const worker = cluster.fork();
    const client = worker.connect();
    await client.ready;
    await cluster.settled();
    await play({ cluster, worker, client, primary: cluster.connect() });
  }

  it('that is stopped says and takes nothing; what it had said before arrives', () =>
    inCluster(async ({ cluster, worker, client, primary }) => {
      const own = await record(client, 'to worker');
      const others = await record(primary, 'to primary');
      const before = client.publish('to primary', 'before');
      await endOfTurn();
      worker.stop();
      const meanwhile = client.publish('to primary', 'meanwhile');
      await primary.publish('to worker', 1);
      await cluster.settled();
      assert.deepEqual([own.stream, others.stream], [[], ['before']]);
      worker.continue();
      assert.deepEqual(await Promise.all([before, meanwhile]), [{ listeners: 1 }, { listeners: 1 }]);
      await cluster.settled();
      assert.deepEqual([own.stream, others.stream], [[1], ['before', 'meanwhile']]);
    }));

  it('that is stopped for long overflows its window, and is told the gap at its place', () =>
    inCluster(async ({ cluster, worker, client, primary }) => {
      const [e, f] = [await record(client, 'e'), await record(client, 'f')];
      await cluster.settled();
      worker.stop();
      for (let n = 0; n < 20; n += 1) await primary.publish(n % 4 === 0 ? 'f' : 'e', n);
      const { missed, behind } = cluster.server.stats();
      assert.deepEqual([missed, behind], [13, 1]);
      worker.continue();
      await cluster.settled();
      await primary.publish('e', 20);
      await cluster.settled();
      assert.deepEqual(e.stream, [1, 2, 3, 5, 6, overflow('e', 10), 20]);
      assert.deepEqual(f.stream, [0, 4, overflow('f', 3)]);
      assert.deepEqual([cluster.server.stats().gaps, client.stats().missed], [1, 13]);
    }, 8));

  it('that is stopped counts as stale, and recovers', async () => {
    const limits = { heartbeatTime: 20, staleTime: 40 };
    await using cluster = new SimulatedCluster({ limits });
    await cluster.start();
    const worker = cluster.fork();
    await worker.connect().ready;
    worker.stop();
    await until(() => cluster.server.stats().stale === 1, 'it is stale');
    worker.continue();
    await until(() => cluster.server.stats().stale === 0, 'it has recovered');
  });

  it('that is killed is gone for the primary, and its clients hear no more', () =>
    inCluster(async ({ cluster, worker, client, primary }) => {
      const [own, others] = [await record(client, 'e'), await record(primary, 'e')];
      worker.delay(9);
      await primary.publish('e', 1);
      let hasSettled = false;
      const said = client.publish('e', 'last').finally(() => (hasSettled = true));
      await endOfTurn();
      worker.kill();
      const after = client.publish('e', 'after');
      await cluster.settled();
      const { connections, subscriptions } = cluster.server.stats();
      assert.deepEqual([connections, subscriptions], [1, 1]);
      assert.deepEqual([own.stream, others.stream, hasSettled], [[], ['last'], false]);
      assert.throws(() => worker.connect(), code('CLOSED'));
      const ends = Promise.allSettled([said, after]);
      await cluster.close();
      for (const { status } of await ends) assert.equal(status, 'rejected');
    }));

  it('that is killed takes with it what has not got out of it', () =>
    inCluster(async ({ cluster, worker, client, primary }) => {
      const { stream } = await record(primary, 'e');
      worker.split(true);
      for (let n = 0; n < 5; n += 1) {
        void client.publish('e', n).catch(() => undefined);
        await endOfTurn();
        worker.delay(9);
      }
      assert.deepEqual(stream, [0], 'four are on their way');
      worker.kill({ arriving: 2 });
      await cluster.settled();
      assert.deepEqual(stream, [0, 1, 2]);
    }));

  it('that is killed while it is stopped has said nothing since', () =>
    inCluster(async ({ cluster, worker, client, primary }) => {
      const { stream } = await record(primary, 'e');
      worker.stop();
      const published = client.publish('e', 1);
      published.catch(() => undefined);
      await cluster.settled();
      worker.kill();
      worker.continue();
      await cluster.settled();
      assert.deepEqual([stream, cluster.server.stats().connections], [[], 1]);
    }));

  it('that is disconnected ends its clients, after what was on its way', () =>
    inCluster(async ({ cluster, worker, client, primary }) => {
      const [own, others] = [await record(client, 'e'), await record(primary, 'e')];
      await primary.publish('e', 1);
      const said = client.publish('e', 'last');
      await endOfTurn();
      worker.disconnect();
      await assert.rejects(said, code('OUTCOME_UNKNOWN'));
      await client.closed;
      await cluster.settled();
      assert.deepEqual([own.stream, others.stream], [[1], ['last']]);
      assert.equal(cluster.server.stats().connections, 1);
      const late = worker.connect();
      await late.closed;
      await assert.rejects(late.ready, code('CLOSED'));
    }));

  it('that is disconnected while it is stopped learns of it when it goes on', () =>
    inCluster(async ({ cluster, worker, client }) => {
      worker.stop();
      worker.disconnect();
      await cluster.settled();
      assert.deepEqual([cluster.server.stats().connections, client.stats().state], [1, 'open']);
      worker.continue();
      await client.closed;
    }));

  it('that is delayed hears later than others, in order, and so do they of it', async () => {
    const tasks: (() => void)[] = [];
    await using cluster = new SimulatedCluster({ schedule: (task) => tasks.push(task) });
    const turn = async (): Promise<void> => {
      for (const task of tasks.splice(0)) task();
      await endOfTurn();
    };
    await cluster.start();
    const late = cluster.fork();
    const clients = [late, cluster.fork()].map((worker) => worker.connect());
    const recording = Promise.all(clients.map((client) => record(client, 'e')));
    for (let n = 0; n < 5; n += 1) await turn();
    const [one, other] = (await recording).map(({ stream }) => stream);
    late.delay(3);
    const primary = cluster.connect();
    for (const n of [1, 2]) {
      await primary.publish('e', n);
      await turn();
    }
    await turn();
    assert.deepEqual([one, other], [[], [1, 2]]);
    await turn();
    assert.deepEqual([one, other], [[1], [1, 2]]);
    await turn();
    assert.deepEqual(
      [one, other],
      [
        [1, 2],
        [1, 2],
      ],
    );
  });

  it('that is split takes an envelope a turn', async () => {
    const tasks: (() => void)[] = [];
    await using cluster = new SimulatedCluster({ schedule: (task) => tasks.push(task) });
    const turn = async (): Promise<void> => {
      for (const task of tasks.splice(0)) task();
      await endOfTurn();
    };
    await cluster.start();
    const worker = cluster.fork();
    const recording = record(worker.connect(), 'e');
    for (let n = 0; n < 5; n += 1) await turn();
    const { stream } = await recording;
    const primary = cluster.connect();
    for (const isSplit of [true, false]) {
      worker.stop();
      for (const n of [1, 2, 3]) await primary.publish('e', n);
      worker.split(isSplit);
      worker.continue();
      stream.length = 0;
      await turn();
      assert.deepEqual(stream, isSplit ? [1] : [1, 2, 3]);
      for (let n = 0; n < 5; n += 1) await turn();
      assert.deepEqual(stream, [1, 2, 3]);
    }
  });

  it('that says hello twice has one connection', async () => {
    await using cluster = new SimulatedCluster();
    await cluster.start();
    const worker = cluster.fork();
    worker.repeatHello();
    const [first, second] = [worker.connect(), worker.connect()];
    const { stream } = await record(first, 'e');
    await second.publish('e', 1);
    await cluster.settled();
    const { connections, accepted } = cluster.server.stats();
    assert.deepEqual([connections, accepted, stream], [2, 2, [1]]);
  });
});
