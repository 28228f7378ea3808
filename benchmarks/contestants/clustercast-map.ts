/**
 * A replicated map of Clustercast: each worker holds a replica, and writes through the primary.
 */
import { connectWorker, startPrimary, type Client, type ReplicatedMap } from 'clustercast';
import type { Keeper, Pubsub } from './contestant.js';
import { chunksOf, keyOf } from './entries.js';

type State = { readonly maps: { readonly products: string } };

/** How many are written at a time. */
const window = 1_000;

export const clustercastMap: Pubsub & Keeper = {
  name: 'clustercast-map',
  description: 'client.map(), a replica in each worker; one awaited set() per value',
  answers: 'receipt',

  async startPrimary() {
    await startPrimary();
  },

  async connectWorker() {
    const map = await (await connected()).map('products');
    return {
      subscribe(_event, receive) {
        map.on('change', ({ value }) => receive(String(value)));
        return Promise.resolve();
      },
      publish(_event, value, answered) {
        map.set(keyOf(value), value).then(
          () => answered(0),
          (error: unknown) => answered(0, error as Error),
        );
      },
    };
  },

  async hold() {
    const client = await connected();
    let map: ReplicatedMap<string> | undefined;
    return {
      async fill(entries) {
        const filled = await client.map('products');
        for (const chunk of chunksOf(entries, window))
          await Promise.all(chunk.map(([key, value]) => filled.set(key, value)));
        await filled.close();
      },
      async join() {
        map = await client.map('products');
        return map;
      },
      async leave() {
        await map?.close();
      },
      ask: (key) => map?.get(key),
    };
  },
};

async function connected(): Promise<Client<Record<string, unknown>, State>> {
  const client = connectWorker<Record<string, unknown>, State>();
  client.on('error', (error) => {
    throw error;
  });
  await client.ready;
  return client;
}
