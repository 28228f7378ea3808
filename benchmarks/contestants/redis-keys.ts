/**
 * Redis as caches use it: a key for each entry, and who writes one publishes its name, so that all others read it again.
 */
import type { Redis } from 'ioredis';
import type { Keeper, Pubsub } from './contestant.js';
import { chunksOf, keyOf } from './entries.js';
import { carryOut, connectRedis } from './redis-connection.js';
import { redisServer } from './redis-server.js';

const channel = 'products';
/** How many are written, or asked for, at a time. */
const window = 1_000;

export const redisKeys: Pubsub & Keeper = {
  name: 'redis-keys',
  description:
    'Redis over a Unix socket, without persistence, through ioredis; SET and PUBLISH of the key for each value, GET by all ' +
    'others; to join: SCAN and MGET of 1,000 keys at a time',
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
        const readAgain = async (key: string): Promise<void> => {
          const value = String(await client.get(key));
          map.set(key, value);
          receive(value);
        };
        subscriber.on('message', (_channel: string, key: string) => void readAgain(key));
        await subscriber.subscribe(channel);
      },
      publish(_event, value, answered) {
        const key = keyOf(value);
        carryOut(client.pipeline().set(key, value).publish(channel, key), answered);
      },
    };
  },

  async hold(path) {
    const client = await connectRedis(path);
    return {
      async fill(entries) {
        for (const chunk of chunksOf(entries, window)) await client.mset(chunk.flat());
      },
      join: () => readAll(client),
      leave: () => Promise.resolve(),
      async ask(key) {
        return (await client.get(key)) ?? undefined;
      },
    };
  },
};

async function readAll(client: Redis): Promise<Map<string, string>> {
  const map = new Map<string, string>();
  let cursor = '0';
  do {
    const [next, keys] = await client.scan(cursor, 'COUNT', window);
    cursor = next;
    const values = keys.length === 0 ? [] : await client.mget(keys);
    for (const [position, key] of keys.entries()) map.set(key, String(values[position]));
  } while (cursor !== '0');
  return map;
}
