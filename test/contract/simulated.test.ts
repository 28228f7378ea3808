/** The contract on a simulated cluster, in both serializations: every client is in a worker of its own. */
import { describe, it } from 'node:test';
import type { Client } from 'clustercast';
import { SimulatedCluster } from 'clustercast/testing';
import { hello, seal } from '#lib/ipc/envelope.js';
import { randomId } from '#lib/protocol/random.js';
import type { SimulatedProcess } from '#lib/testing/worker.js';
import { Mailbox } from '../support/mailbox.js';
import { playOn } from './play.js';
import type { Raw, Stage, StageOptions } from './stage.js';
import { prepareStage } from './stage-server.js';
import { contract } from './suite.js';

for (const serialization of ['advanced', 'json'] as const) {
  describe(`contract on a simulated cluster, ${serialization}`, () => {
    for (const { name, run } of contract)
      it(name, () => playOn((options) => simulatedStage(serialization, options), run));
  });
}

async function simulatedStage(
  serialization: 'advanced' | 'json',
  options: StageOptions = {},
): Promise<Stage & { close(): Promise<void> }> {
  const cluster = new SimulatedCluster({
    limits: options.limits ?? {},
    serialization,
    prepare: (server) => prepareStage(server, options),
  });
  const clients: Client[] = [];
  if (options.startsLate !== true) await cluster.start();
  return {
    connect: (clientOptions) => {
      const client = cluster.fork().connect(clientOptions);
      clients.push(client);
      return client;
    },
    raw: () => rawOver(cluster.fork() as SimulatedProcess),
    start: () => cluster.start(),
    stats: () => Promise.resolve(cluster.server.stats()),
    closeServer: () => cluster.server.close(),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await cluster.close();
    },
  };
}

/** A handshake that offers nothing, then documented messages. */
async function rawOver({ ports }: SimulatedProcess): Promise<Raw> {
  const port = randomId();
  const mailbox = new Mailbox<object>();
  ports.open(port, { receive: (envelope) => mailbox.put(envelope), disconnected: () => undefined });
  ports.send(hello(port, undefined, []));
  const { id } = ((await mailbox.take()) as { welcome: { id: string } }).welcome;
  return {
    send: (message) => ports.send(seal({ id, message })),
    next: async () => ((await mailbox.take()) as { message: unknown }).message,
  };
}
