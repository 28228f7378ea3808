/**
 * One worker of the fan-out: publishes, or receives, as its host says.
 */
import { contestant } from '../contestants/index.js';
import { serve } from '../harness/serve.js';
import { now } from './clock.js';
import { Receiver } from './receiver.js';
import { numberedValues } from './values.js';

/** What to publish. */
export interface Load {
  readonly first: number;
  readonly count: number;
  /** How many publishes may be unanswered at a time. */
  readonly window: number;
  /** How many listeners each answer must tell. */
  readonly listeners: number;
}

/** When the first publish was made and the last one answered. */
export interface Published {
  readonly startedAt: number;
  readonly answeredAt: number;
}

const event = 'user::updated';
const [, , name, sizeText] = process.argv;
const size = Number(sizeText);
const peer = await contestant(name).connectWorker();
const receiver = new Receiver(size);

serve({
  subscribe: () => peer.subscribe(event, (value) => receiver.receive(value)),
  expect: (count: number) => receiver.expect(count),
  finished: () => receiver.finished(),
  verify: () => receiver.verify(),
  publish,
});

/** Keeps the window full until all is answered. */
function publish({ first, count, window, listeners }: Load): Promise<Published> {
  const values = numberedValues(first, count, size);
  return new Promise((resolve, reject) => {
    let published = 0;
    let answers = 0;
    const answered = (told: number, error?: Error): void => {
      if (error !== undefined) {
        reject(error);
      } else if (told !== listeners) {
        reject(new Error(`an answer told ${told} listeners instead of ${listeners}`));
      } else if (++answers === count) {
        resolve({ startedAt, answeredAt: now() });
      } else {
        publishNext();
      }
    };
    const publishNext = (): void => {
      const value = values[published];
      if (value === undefined) return;
      published += 1;
      peer.publish(event, value, answered);
    };
    const startedAt = now();
    for (let unanswered = 0; unanswered < window; unanswered++) publishNext();
  });
}
