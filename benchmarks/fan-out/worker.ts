/**
 * One worker of the fan-out: publishes, or receives, or both, as its workload says.
 */
import type { Entry } from '../contestants/contenders.js';
import { contestant } from '../contestants/index.js';
import { ProgressListener, ProgressTeller } from '../harness/progress.js';
import { serve } from '../harness/serve.js';
import { Publisher } from './publisher.js';
import { Receiver } from './receiver.js';
import { eventAt, expectedAnswers, progressStep, subscribes, wants, type Workload } from './workload.js';

const [, , entryText, workloadText, numberText] = process.argv;
const { contestant: name, address, folder } = JSON.parse(String(entryText)) as Entry;
const workload = JSON.parse(String(workloadText)) as Workload;
const worker = Number(numberText);
const pubsub = contestant(name);
const isFollowed = pubsub.answers === 'nothing';

const peer = await pubsub.connectWorker(address);
const receiver = new Receiver(workload, worker);
const publishes = worker < workload.publishers;
const progress = isFollowed && publishes ? await ProgressListener.listen(socketOf(worker)) : undefined;
const publisher = new Publisher({
  peer,
  workload,
  publisher: worker,
  expected: expectedAnswers(workload, pubsub, worker),
  progress,
});

serve({
  subscribe,
  expect: (count: number) => receiver.expect(count),
  finished: () => receiver.finished(),
  verify: () => receiver.verify(),
  publish: (count: number) => publisher.publish(count),
});

async function subscribe(): Promise<void> {
  if (!subscribes(workload, worker)) return;
  for (let position = 0; position < workload.names; position++) {
    if (!wants(workload, worker, position)) continue;
    await peer.subscribe(eventAt(position), (value) => receiver.receive(value, position));
  }
  if (isFollowed) await followed();
}

/** Tells each other publisher how far this worker is. */
async function followed(): Promise<void> {
  const tellers = new Map<number, ProgressTeller>();
  for (let other = 0; other < workload.publishers; other++) {
    if (other !== worker) tellers.set(other, await ProgressTeller.connect(socketOf(other)));
  }
  receiver.tellProgress(progressStep(workload), (other) => tellers.get(other)?.tell());
}

function socketOf(other: number): string {
  return `${folder}${other}`;
}
