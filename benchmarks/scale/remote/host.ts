/**
 * One server over one medium: has its crowds connect, publishes, and measures one round after the other. Needs
 * `--expose-gc`.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startPrimary } from 'clustercast';
import { JsonRpcAdapter, tcp, webSocket } from 'clustercast/json-rpc';
import { now } from '../../harness/clock.js';
import { held, type Held } from '../../harness/heap.js';
import { processorTime } from '../../harness/processor.js';
import { Remote } from '../../harness/remote.js';
import { serve } from '../../harness/serve.js';
import { numberedValues } from '../../harness/values.js';
import { clientId, event } from '../../websockets/wire.js';
import { roundDeadline, size, type Medium, type Place, type Taken } from './round.js';

const [, , medium, connectionsText, crowdsText] = process.argv;
const connections = Number(connectionsText);
const source = (medium as Medium) === 'tcp' ? tcp.listen({ port: 0 }) : webSocket.listen({ port: 0 });
const primary = await startPrimary({
  clients: [{ id: clientId, canPublish: false }],
  adapters: [new JsonRpcAdapter(source)],
  // Bare clients answer no ping, and say nothing by themselves.
  limits: { connectionsPerAddress: connections, silenceTime: 600_000 },
});
const client = primary.connect<Record<string, string>>();
client.on('error', (error) => {
  throw error;
});
await client.ready;
const crowds = Array.from({ length: Number(crowdsText) }, (_, position) => {
  const program = fork(fileURLToPath(import.meta.resolve('./crowd.js')), [String(medium)], { execArgv: [] });
  return new Remote(program, `crowd ${position + 1}`);
});
await Promise.all(crowds.map(({ ready }) => ready));
let published = 0;

serve({ connect, measure, verify: () => askCrowds('verify') });

async function connect(): Promise<Held> {
  const before = await held();
  const place: Place = { port: source.port as number, connections: connections / crowds.length };
  await askCrowds('connect', place, roundDeadline);
  const after = await held();
  return {
    heap: (after.heap - before.heap) / connections,
    resident: (after.resident - before.resident) / connections,
  };
}

/** Publishes so many values, one in each turn of the event loop. */
async function measure(count: number): Promise<Taken> {
  const values = numberedValues(published, count, size);
  published += count;
  await askCrowds('expect', count);
  const finished = Promise.all(
    crowds.map((crowd) => crowd.ask<number>('finished', undefined, roundDeadline)),
  );
  const startedAt = now();
  const before = processorTime();
  for (const value of values) {
    const { listeners } = await client.publish(event, value);
    if (listeners !== connections)
      throw new Error(`an answer told ${listeners} listeners instead of ${connections}`);
  }
  const finishedAt = await finished;
  return { elapsed: Math.max(...finishedAt) - startedAt, processor: processorTime() - before };
}

async function askCrowds(ask: string, argument?: unknown, deadline?: number): Promise<void> {
  await Promise.all(crowds.map((crowd) => crowd.ask(ask, argument, deadline)));
}
