/**
 * Where this code runs. `process.send` proves nothing (it is there under `node --watch` and in test pools), and
 * in a worker thread `cluster` takes itself for a primary.
 */
import cluster from 'node:cluster';
import { isMainThread } from 'node:worker_threads';

export type Place = 'primary' | 'worker' | 'thread';

export function place(): Place {
  if (!isMainThread) return 'thread';
  return cluster.isWorker ? 'worker' : 'primary';
}
