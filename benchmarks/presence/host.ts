/**
 * A primary that starts one worker after the other, and tells each its first event when it is ready.
 */
import { startPrimary } from 'clustercast';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { now } from '../harness/clock.js';
import { within } from '../harness/deadline.js';
import { serve } from '../harness/serve.js';
import { first, ready, type Heard, type Kind, type Stages } from './stages.js';

const deadline = 20_000;
const kind = process.argv[2] as Kind;
cluster.setupPrimary({
  exec: fileURLToPath(import.meta.resolve('./worker.js')),
  args: [kind],
  execArgv: [],
});
if (kind === 'clustercast') {
  const client = (await startPrimary()).connect();
  client.on('error', (error) => {
    throw error;
  });
  await client.subscribe(ready, async (pid) => {
    const { listeners } = await client.publish(first, pid);
    if (listeners !== 1) throw new Error(`an answer told ${listeners} listeners instead of 1`);
  });
} else {
  cluster.on('message', (worker, message: { readonly type?: unknown }) => {
    if (message.type === ready) worker.send({ type: first });
  });
}

serve({ start });

async function start(): Promise<Stages> {
  const forkedAt = now();
  const worker = cluster.fork();
  const { began, heard } = await within(deadline, 'the first event', firstHeard(worker));
  const exit = once(worker, 'exit');
  worker.process.kill('SIGKILL');
  await exit;
  return { began: began - forkedAt, heard: heard - forkedAt };
}

function firstHeard(worker: Worker): Promise<Stages> {
  return new Promise((resolve, reject) => {
    worker.on('message', (message: Partial<Heard>) => {
      if (message.presence !== undefined) resolve(message.presence);
    });
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}
