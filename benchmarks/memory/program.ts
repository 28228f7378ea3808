/**
 * Measures what a server keeps for each subscription and connection, by the size of the heap after garbage
 * collection. Needs `--expose-gc`.
 */
import { Server } from 'clustercast';
import { FeedAdapter, received, subscribeTo, turn, type FeedClient } from '../harness/feed.js';
import { held } from '../harness/heap.js';
import { populate } from '../harness/population.js';
import { serve } from '../harness/serve.js';

/** Bytes. */
export interface Kept {
  /** For one subscription. */
  readonly each: number;
  /** For one after all of them have ended. */
  readonly left: number;
}

const limits = { subscriptionsPerClient: 10_000_000 };

serve({ names: keptForNames, connections: keptForConnections, sharedName: keptForSharedName });

/** For subscriptions to names of their own, held by `clients` clients. */
function keptForNames({ count, clients }: { count: number; clients: number }): Promise<Kept> {
  return withAdapter(async (adapter) => {
    const before = await heap();
    const all = await populate(adapter, count, clients);
    const during = await heap();
    return { each: (during - before) / count, left: ((await heapWithout(all)) - before) / count };
  });
}

/** For clients that hold nothing. */
function keptForConnections(count: number): Promise<Kept> {
  return withAdapter(async (adapter) => {
    const before = await heap();
    const all = Array.from({ length: count }, () => adapter.connect());
    const during = await heap();
    return { each: (during - before) / count, left: ((await heapWithout(all)) - before) / count };
  });
}

/** For subscriptions of that many clients to one name, without what is kept for the clients. */
function keptForSharedName(count: number): Promise<Kept> {
  return withAdapter(async (adapter) => {
    const before = await heap();
    const all = Array.from({ length: count }, () => adapter.connect());
    const connected = await heap();
    for (const client of all) client.say(received([subscribeTo('everybody::wants-this')]));
    await turn();
    for (const client of all) client.subscriptionIds.length = 0;
    const during = await heap();
    return { each: (during - connected) / count, left: ((await heapWithout(all)) - before) / count };
  });
}

async function heapWithout(clients: FeedClient[]): Promise<number> {
  for (const client of clients.splice(0)) client.disconnect();
  return heap();
}

async function withAdapter<T>(use: (adapter: FeedAdapter) => Promise<T>): Promise<T> {
  const adapter = new FeedAdapter();
  await using server = new Server([adapter], { limits });
  await server.start();
  const result = await use(adapter);
  const { subscriptions, connections, events } = server.stats();
  if (subscriptions + connections + events > 0) throw new Error('the server holds what has ended');
  return result;
}

async function heap(): Promise<number> {
  return (await held()).heap;
}
