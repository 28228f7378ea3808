/**
 * A client in the primary: it hears the workers and tells them something, like any other client.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { connectWorker, startPrimary } from 'clustercast';

interface Events {
  ready: { worker: number };
  config: { logLevel: string };
}

if (cluster.isPrimary) {
  const primary = await startPrimary();
  const client = primary.connect<Events>();
  const ready = await client.subscribe('ready');
  const ended = [1, 2].map(() => once(cluster.fork(), 'exit'));
  let count = 0;
  for await (const { worker } of ready) {
    console.log(`the primary heard: worker ${worker} is ready`);
    if (++count === 2) break;
  }
  const { listeners } = await client.publish('config', { logLevel: 'debug' });
  console.log(`the primary told ${listeners} workers`);
  await Promise.all(ended);
  await client.close();
  await primary.close();
} else {
  const worker = cluster.worker?.id ?? 0;
  const client = connectWorker<Events>();
  const configs = await client.subscribe('config');
  await client.publish('ready', { worker });
  for await (const { logLevel } of configs) {
    console.log(`worker ${worker} logs at level ${logLevel}`);
    break;
  }
  await client.close();
  cluster.worker?.disconnect();
}
