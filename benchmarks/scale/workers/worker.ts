/**
 * One worker of the cluster: the first publishes, the others receive; and each tells what that took it.
 */
import type { Entry } from '../../contestants/contenders.js';
import { contestant } from '../../contestants/index.js';
import { Publisher, type Published } from '../../fan-out/publisher.js';
import { Receiver } from '../../fan-out/receiver.js';
import { eventAt, expectedAnswers, type Workload } from '../../fan-out/workload.js';
import { processorTime } from '../../harness/processor.js';
import { serve } from '../../harness/serve.js';
import type { Ended } from './round.js';

const [, , entryText, workloadText, numberText] = process.argv;
const { contestant: name, address } = JSON.parse(String(entryText)) as Entry;
const workload = JSON.parse(String(workloadText)) as Workload;
const worker = Number(numberText);
const pubsub = contestant(name);

const peer = await pubsub.connectWorker(address);
const receiver = new Receiver(workload, worker);
const expected = expectedAnswers(workload, pubsub, worker);
const publisher = new Publisher({ peer, workload, publisher: worker, expected, progress: undefined });
let before = 0;

serve({
  subscribe: () => peer.subscribe(eventAt(0), (value) => receiver.receive(value, 0)),
  expect: (count: number) => {
    receiver.expect(count);
    before = processorTime();
  },
  finished: async (): Promise<Ended> => ended(await receiver.finished()),
  verify: () => receiver.verify(),
  publish,
});

async function publish(count: number): Promise<Published & Ended> {
  before = processorTime();
  const published = await publisher.publish(count);
  return { ...published, ...ended(published.answeredAt) };
}

function ended(at: number): Ended {
  return { at, processor: processorTime() - before };
}
