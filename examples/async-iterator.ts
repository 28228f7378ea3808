/**
 * A subscription as an async iterable: values wait until the loop takes them, and leaving the loop unsubscribes.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { connectWorker, startPrimary } from 'clustercast';

interface Events {
  order: { from: string; item: number };
}

if (cluster.isPrimary) {
  const primary = await startPrimary();
  const client = primary.connect<Events>();
  const orders = await client.subscribe('order'); // nothing is lost from here on
  const ended = [1, 2].map(() => once(cluster.fork(), 'exit'));
  await Promise.all(ended); // all six orders have been published by now

  let count = 0;
  for await (const { from, item } of orders) {
    console.log(`item ${item} from ${from}`);
    if (++count === 6) break;
  }
  console.log(`subscriptions left: ${client.stats().subscriptions}`);
  await client.close();
  await primary.close();
} else {
  const client = connectWorker<Events>();
  for (const item of [1, 2, 3]) await client.publish('order', { from: `worker ${cluster.worker?.id}`, item });
  await client.close();
  cluster.worker?.disconnect();
}
