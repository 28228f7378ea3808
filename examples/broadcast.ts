/**
 * Broadcast: one worker publishes, each of the others hears it once, and the publisher learns how many did.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { connectWorker, startPrimary } from 'clustercast';

interface Events {
  ready: string;
  news: string;
}

if (cluster.isPrimary) {
  const primary = await startPrimary();
  const ready = await primary.connect<Events>().subscribe('ready');
  const ended = [1, 2, 3].map(() => once(cluster.fork(), 'exit'));
  let count = 0;
  for await (const name of ready) {
    console.log(`${name} listens`);
    if (++count === 3) break;
  }
  ended.push(once(cluster.fork(), 'exit')); // the fourth, which publishes
  await Promise.all(ended);
  await primary.close();
} else {
  const name = `worker ${cluster.worker?.id}`;
  const client = connectWorker<Events>();
  if (name === 'worker 4') {
    const { listeners } = await client.publish('news', 'the kettle boils');
    console.log(`${name} told ${listeners} others`);
    await leave();
  } else {
    await client.subscribe('news', async (text) => {
      console.log(`${name} heard: ${text}`);
      await leave();
    });
    await client.publish('ready', name);
  }

  async function leave(): Promise<void> {
    await client.close();
    cluster.worker?.disconnect();
  }
}
