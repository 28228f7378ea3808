/**
 * A worker that subscribes to an event, says that it is ready, and tells when it has heard. It loads what it needs for that
 * when its own clock runs already.
 */
import { now } from '../harness/clock.js';
import { first, ready, type Heard, type Kind } from './stages.js';

const began = now();
if ((process.argv[2] as Kind) === 'clustercast') {
  const { connectWorker } = await import('clustercast');
  const client = connectWorker();
  await client.subscribe(first, tell);
  await client.publish(ready, process.pid);
} else {
  process.on('message', (message) => {
    if ((message as { readonly type?: unknown }).type === first) tell();
  });
  process.send?.({ type: ready });
}

function tell(): void {
  process.send?.({ presence: { began, heard: now() } } satisfies Heard);
}
