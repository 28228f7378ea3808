/** What an application says on the channel that it shares with the library. */
import type { Worker } from 'node:cluster';
import { within } from './until.js';

/** The first message from `worker` that is the application's own. */
export function applicationMessage(worker: Worker): Promise<unknown> {
  const message = new Promise((resolve) => {
    worker.on('message', (candidate: { clustercast?: number } | null) => {
      if (candidate?.clustercast === undefined) resolve(candidate);
    });
  });
  return within(message, 'a message of the application', 20_000);
}
