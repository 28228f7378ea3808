/**
 * One of the four workers: listens, and publishes at a steady rate if it is asked to.
 */
import { connectWorker } from 'clustercast';
import { now } from '../harness/clock.js';
import { serve } from '../harness/serve.js';
import { Listener, type Stamped } from './listener.js';
import type { Task } from './round.js';

const event = 'price::changed';
/** Milliseconds between two turns in which something is published. */
const tick = 2;
/** Makes the JSON text of a value about 256 characters. */
const filling = 'x'.repeat(224);

const publisher = Number(process.argv[2]);
const client = connectWorker<Record<string, Stamped>>();
const listener = new Listener();
let published = 0;

serve({
  subscribe: async () => {
    await client.subscribe(event, (value) => listener.receive(value), {
      onGap: ({ count }) => listener.missed(count),
    });
  },
  begin: ({ from, to }: Task) => listener.begin(from, to),
  publish,
  finished: ({ due, last }: { due: number; last: readonly (readonly [number, number])[] }) =>
    listener.finished(due, new Map(last)),
});

/** Resolves to how many it has published, in all rounds, when all are answered. */
async function publish({ startAt, duration, rate }: Task): Promise<number> {
  const before = published;
  const total = Math.round((rate * duration) / 1000);
  const answers: Promise<unknown>[] = [];
  while (published - before < total) {
    await new Promise((resolve) => setTimeout(resolve, tick));
    const due = Math.min(total, Math.floor(((now() - startAt) * rate) / 1000));
    while (published - before < due)
      answers.push(client.publish(event, [publisher, published++, now(), filling]));
  }
  await Promise.all(answers);
  return published;
}
