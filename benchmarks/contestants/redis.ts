/**
 * Redis through `redis`, its own client: each worker has a connection that publishes and one that subscribes.
 */
import type { Pubsub } from './contestant.js';
import { redisServer } from './redis-server.js';

export const redis: Pubsub = {
  name: 'redis',
  description:
    'the same server through redis, which pipelines by itself; one publish() per value, answered with the number of ' +
    'subscribers',
  answers: 'subscribers',
  echoes: true,
  package: 'redis',
  server: redisServer,

  startPrimary: () => Promise.resolve(),

  async connectWorker(path) {
    const { createClient } = await import('redis');
    const publisher = createClient({ socket: { path, tls: false } });
    const subscriber = publisher.duplicate();
    for (const client of [publisher, subscriber]) {
      client.on('error', (error) => {
        throw error;
      });
      await client.connect();
    }
    return {
      async subscribe(event, receive) {
        await subscriber.subscribe(event, receive);
      },
      publish(event, value, answered) {
        publisher.publish(event, value).then(answered, (error: unknown) => answered(0, error as Error));
      },
    };
  },
};
