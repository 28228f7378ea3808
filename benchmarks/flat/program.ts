/**
 * One server with a given number of other subscriptions, asked to carry operations out. Needs `--expose-gc`.
 */
import { Server } from 'clustercast';
import { FeedAdapter } from '../harness/feed.js';
import { populate } from '../harness/population.js';
import { serve } from '../harness/serve.js';
import { Operations, type OperationName } from './operations.js';

/** More than this, and each of the others has several subscriptions. */
const mostClients = 1_000;

const [, , countText] = process.argv;
const count = Number(countText);
const adapter = new FeedAdapter();
const server = new Server([adapter]);
await server.start();
const operations = await Operations.prepare(adapter);
await populate(adapter, count, Math.min(count, mostClients));
// What populating has left behind, more of it where there is more, is not to be collected while others are measured.
globalThis.gc?.();

serve({ measure: (name: OperationName) => operations.measure(name) });
