/**
 * Clustercast as its users use it: `startPrimary()` in the primary, `connectWorker()` in each worker.
 */
import { connectWorker, startPrimary } from 'clustercast';
import type { Pubsub } from './contestant.js';

export const clustercast: Pubsub = {
  name: 'clustercast',
  description: 'startPrimary() and connectWorker(), one awaited publish() per value',
  answers: 'subscribers',

  async startPrimary() {
    await startPrimary();
  },

  async connectWorker() {
    const client = connectWorker<Record<string, string>>();
    client.on('error', (error) => {
      throw error;
    });
    await client.ready;
    return {
      async subscribe(event, receive) {
        await client.subscribe(event, receive);
      },
      publish(event, value, answered) {
        client.publish(event, value).then(
          ({ listeners }) => answered(listeners),
          (error: unknown) => answered(0, error as Error),
        );
      },
    };
  },
};
