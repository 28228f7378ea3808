/**
 * A worker that does nothing, with a connected client or without. Needs `--expose-gc`.
 */
import { held } from '../harness/heap.js';
import { serve } from '../harness/serve.js';

if (process.argv[2] === 'client') {
  // Only here: a worker without a client has not loaded the module either.
  const { connectWorker } = await import('clustercast');
  const client = connectWorker();
  client.on('error', (error) => {
    throw error;
  });
  await client.ready;
}

serve({ held });
