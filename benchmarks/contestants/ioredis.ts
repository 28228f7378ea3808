/**
 * Redis through `ioredis`: each worker has a connection that publishes and one that subscribes.
 */
import type { Pubsub } from './contestant.js';
import { redisServer } from './redis-server.js';

export const ioredis: Pubsub = {
  name: 'ioredis',
  description:
    'Redis over a Unix socket, without persistence, through ioredis; one publish() per ' +
    'value, answered with the number of subscribers',
  answers: 'subscribers',
  echoes: true,
  package: 'ioredis',
  server: redisServer,

  startPrimary: () => Promise.resolve(),

  async connectWorker(path) {
    const { Redis } = await import('ioredis');
    // Without its automatic pipelining, which is slower where one command follows the other anyhow.
    const publisher = new Redis({ path });
    const subscriber = new Redis({ path });
    const handlers = new Map<string, (value: string) => void>();
    subscriber.on('message', (event: string, value: string) => handlers.get(event)?.(value));
    return {
      async subscribe(event, receive) {
        handlers.set(event, receive);
        await subscriber.subscribe(event);
      },
      publish(event, value, answered) {
        publisher.publish(event, value).then(answered, (error: unknown) => answered(0, error as Error));
      },
    };
  },
};
