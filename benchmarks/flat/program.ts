/**
 * One server with a given number of other subscriptions, asked to carry operations out.
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

serve({ measure: (name: OperationName) => operations.measure(name) });
