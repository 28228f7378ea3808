/**
 * One process in which one client publishes and another one has a given number of subscriptions to the same event. All of
 * it is the product's: the server, both clients, and the pair of channels between them.
 */
import { startPrimary } from 'clustercast';
import { Receiver } from '../../fan-out/receiver.js';
import { eventAt, type Workload } from '../../fan-out/workload.js';
import { processorTime } from '../../harness/processor.js';
import { serve } from '../../harness/serve.js';
import { numberedValues } from '../../harness/values.js';

/** How many are published in one turn of the event loop. */
const perTurn = 64;
const workload: Workload = { publishers: 1, subscribers: 1, isMutual: false, size: 64, names: 1, every: 1 };

const primary = await startPrimary();
const publisher = primary.connect<Record<string, string>>();
const subscriber = primary.connect<Record<string, string>>();
for (const client of [publisher, subscriber]) {
  client.on('error', (error) => {
    throw error;
  });
}
const receivers = Array.from({ length: Number(process.argv[2]) }, () => new Receiver(workload, 1));
for (const receiver of receivers)
  await subscriber.subscribe(eventAt(0), (value) => receiver.receive(value, 0));
let published = 0;

serve({ measure });

/** Resolves to the nanoseconds of processor time that one publish took. */
async function measure(count: number): Promise<number> {
  for (const receiver of receivers) receiver.expect(count);
  const values = numberedValues(published, count, workload.size);
  published += count;
  const start = processorTime();
  for (let first = 0; first < count; first += perTurn) {
    const turn = values.slice(first, first + perTurn).map((value) => publisher.publish(eventAt(0), value));
    for (const { listeners } of await Promise.all(turn)) {
      if (listeners !== 1) throw new Error(`an answer told ${listeners} listeners instead of 1`);
    }
  }
  const taken = processorTime() - start;
  await Promise.all(receivers.map((receiver) => receiver.finished()));
  return taken / count;
}
