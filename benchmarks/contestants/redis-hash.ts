/**
 * Redis with one hash for all entries: who writes one publishes key and value, so that nobody has to read it again; who joins
 * reads all of it with one command.
 */
import type { Keeper, Pubsub } from './contestant.js';
import { chunksOf, keyOf } from './entries.js';
import { carryOut, connectRedis } from './redis-connection.js';
import { redisServer } from './redis-server.js';

const hash = 'products';
/** How many are written at a time. */
const window = 1_000;

export const redisHash: Pubsub & Keeper = {
  name: 'redis-hash',
  description:
    'the same server with one hash; HSET and PUBLISH of key and value for each value, which all others take as it comes; to ' +
    'join: HGETALL',
  answers: 'receipt',
  echoes: true,
  package: 'ioredis',
  server: redisServer,

  startPrimary: () => Promise.resolve(),

  async connectWorker(path) {
    const client = await connectRedis(path);
    const subscriber = await connectRedis(path);
    const map = new Map<string, string>();
    return {
      async subscribe(_event, receive) {
        subscriber.on('message', (_channel: string, text: string) => {
          const space = text.indexOf(' ');
          const value = text.slice(space + 1);
          map.set(text.slice(0, space), value);
          receive(value);
        });
        await subscriber.subscribe(hash);
      },
      publish(_event, value, answered) {
        const key = keyOf(value);
        carryOut(client.pipeline().hset(hash, key, value).publish(hash, `${key} ${value}`), answered);
      },
    };
  },

  async hold(path) {
    const client = await connectRedis(path);
    return {
      async fill(entries) {
        for (const chunk of chunksOf(entries, window)) await client.hset(hash, ...chunk.flat());
      },
      async join() {
        return new Map(Object.entries(await client.hgetall(hash)));
      },
      leave: () => Promise.resolve(),
      async ask(key) {
        return (await client.hget(hash, key)) ?? undefined;
      },
    };
  },
};
