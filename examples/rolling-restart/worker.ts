/**
 * One worker: `PUT /flags/NAME` sets a flag in all of them, `GET` shows it, `GET /flags` shows all. It takes requests
 * once it has what the others have, and ends in an order in which nothing is lost.
 */
import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Server as NetServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { connectWorker } from 'clustercast';
import { Flags, type Events } from './flags.js';

const { PORT = '8080', KEEP_ALIVE = '5' } = process.env;
/**
 * For how long a connection may be idle, in milliseconds. Every answer tells; a proxy in front that does not heed it
 * needs a longer time here than its own.
 */
const keepAliveTimeout = Number(KEEP_ALIVE) * 1_000;

const id = cluster.worker?.id ?? 0;
const client = connectWorker<Events>();
const flags = new Flags(client, id);
let answered = 0;
let isEnding = false;

const server = createServer(
  // Connections that never ask anything end after this time as well, instead of holding up the end.
  { keepAliveTimeout, headersTimeout: keepAliveTimeout, connectionsCheckingInterval: 1_000 },
  (request, response) => void answer(request, response),
);
// A terminal sends these to all processes at once; the primary decides.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => undefined);
client.on('error', console.error);
await flags.join();
await client.subscribe('worker::end', (worker) => (worker === id ? end() : undefined));
server.listen(Number(PORT), () => {
  // By now the primary takes it for ready. It has another one take its place, and then says `worker::end`.
  process.on('SIGTERM', () => void client.publish('worker::leaving', id).catch(end));
});

async function end(): Promise<void> {
  if (isEnding) return;
  isEnding = true; // from here on every answer ends its connection
  const closed = once(server, 'close');
  // The close() of node:net: no new connections, and the others end with their next answer, or when they have been idle
  // for their time. That of node:http would cut the idle ones at once, with a request perhaps on its way on them.
  NetServer.prototype.close.call(server);
  console.log(`worker ${id} takes no more connections`);
  await closed;
  client.publish('worker::answered', answered).catch(console.error);
  await client.close(); // resolves when all that was published has been accepted
  // Not `process.exit()`, which cuts what Node.js itself still has to tell the primary.
  cluster.worker?.disconnect();
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body: unknown = {};
  try {
    const [, root, name] = (request.url ?? '').split('/');
    if (root !== 'flags') response.statusCode = 404;
    else if (!name) body = flags.all();
    else if (request.method === 'PUT') await flags.set(name, await text(request));
    else body = flags.get(name) ?? null;
  } catch (error) {
    if (!request.readableAborted) console.error(error);
    response.statusCode = 500;
  }
  answered += 1;
  // Asked only now: the worker may have been told to end since the request came.
  if (isEnding) response.setHeader('connection', 'close');
  response.setHeader('content-type', 'application/json');
  response.setHeader('x-worker', id);
  response.end(JSON.stringify(body));
}
