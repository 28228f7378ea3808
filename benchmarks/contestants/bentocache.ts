/**
 * `bentocache` with an L1 of its own in each worker, and its bus over Redis that has all others drop what one deletes.
 */
import type { Cacher } from './contestant.js';
import { cachedEntries, keyAt } from './entries.js';
import { connectRedis } from './redis-connection.js';
import { redisServer } from './redis-server.js';

const store = 'products';

export const bentocache: Cacher = {
  name: 'bentocache',
  description:
    'bentocache with memory in each worker and its bus over Redis, through ioredis; delete() resolves when the message is ' +
    'published',
  isUnshared: true,
  package: 'bentocache',
  server: redisServer,

  startPrimary: () => Promise.resolve(),

  async hold(path) {
    const { BentoCache, bentostore } = await import('bentocache');
    const { memoryDriver } = await import('bentocache/drivers/memory');
    const { redisBusDriver } = await import('bentocache/drivers/redis');
    const memory = memoryDriver({ maxItems: cachedEntries, serialize: false });
    const connectionName = `bus-${process.pid}`;
    const bus = redisBusDriver({ connection: { path, connectionName } });
    const bento = new BentoCache({
      default: store,
      stores: { [store]: bentostore().useL1Layer(memory).useBus(bus) },
    });
    await bento.has({ key: keyAt(0) });
    await untilSubscribed(path, connectionName);
    return {
      async fill(entries) {
        // By default it tells all others that what they have is old.
        for (const [key, value] of entries)
          await bento.getOrSet({ key, factory: () => value, ttl: '1d', skipBusNotify: true });
      },
      join: () => Promise.reject(new Error('bentocache cannot be read without awaiting it')),
      leave: () => bento.disconnectAll(),
      ask: (key) => bento.get<string>({ key }),
      has: (key) => bento.has({ key }),
      async invalidate(key) {
        await bento.delete({ key });
      },
      onDropped(dropped) {
        bento.on('bus:message:received', ({ message: { keys } }) => {
          // It is told just before they are dropped, in the same turn.
          queueMicrotask(() => keys.forEach(dropped));
        });
      },
    };
  },
};

/** It does not tell when its bus hears others; the server does. */
async function untilSubscribed(path: string, connectionName: string): Promise<void> {
  const client = await connectRedis(path);
  const isSubscribed = async (): Promise<boolean> => {
    const list = String(await client.client('LIST')).split('\n');
    return list.some((line) => line.includes(` name=${connectionName} `) && line.includes(' sub=1 '));
  };
  while (!(await isSubscribed()));
  client.disconnect();
}
