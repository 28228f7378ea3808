/**
 * The host of a contestant that has no workers: publisher and subscribers in one process, timed as by the other host.
 */
import type { Entry } from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { serve } from '../harness/serve.js';
import { Publisher } from './publisher.js';
import { Receiver } from './receiver.js';
import { eventAt, wants, type Round, type Workload } from './workload.js';

const [, , entryText, workloadText] = process.argv;
const { contestant: name, address } = JSON.parse(String(entryText)) as Entry;
const workload = JSON.parse(String(workloadText)) as Workload;
const peer = await contestant(name).connectWorker(address);
const publisher = new Publisher({
  ...{ peer, workload, publisher: 0, expected: undefined, progress: undefined },
});
const receivers: Receiver[] = [];
for (let worker = 1; worker <= workload.subscribers; worker++) {
  const receiver = new Receiver(workload, worker);
  receivers.push(receiver);
  for (let position = 0; position < workload.names; position++) {
    if (!wants(workload, worker, position)) continue;
    await peer.subscribe(eventAt(position), (value) => receiver.receive(value, position));
  }
}

serve({ measure, verify: () => receivers.forEach((receiver) => receiver.verify()) });

/** Resolves to the milliseconds from the first publish until everything was received. */
async function measure({ count }: Round): Promise<number> {
  for (const receiver of receivers) receiver.expect(count);
  const { startedAt, answeredAt } = await publisher.publish(count);
  const finishedAt = await Promise.all(receivers.map((receiver) => receiver.finished()));
  return Math.max(answeredAt, ...finishedAt) - startedAt;
}
