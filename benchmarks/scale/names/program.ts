/**
 * One server with a given number of event names, to all of which is published in turn. One client subscribes to all of
 * them; there is no transport. Needs `--expose-gc`.
 */
import { Server } from 'clustercast';
import type { Columns } from '#lib/protocol/columns.js';
import type { ClientMessage } from '#lib/protocol/messages.js';
import { FeedAdapter, received, turn } from '../../harness/feed.js';
import { otherName, populate } from '../../harness/population.js';
import { processorTime } from '../../harness/processor.js';
import { serve } from '../../harness/serve.js';
import type { Load } from './part.js';

/** How many events the server is fed in one turn of the event loop. */
const perTurn = 256;
const value = JSON.stringify('x'.repeat(64));

const names = Number(process.argv[2]);
const adapter = new FeedAdapter();
const limits = { subscriptionsPerClient: names };
const server = new Server([adapter], { limits });
await server.start();
const [subscriber] = await populate(adapter, names, 1);
const publisher = adapter.connect();
let next = 0;
// What populating has left behind is not to be collected while publishing is measured.
globalThis.gc?.();

serve({ measure });

/** Resolves to the nanoseconds of processor time that one event took. */
async function measure({ count, perMessage }: Load): Promise<number> {
  if (subscriber === undefined) throw new Error('there is no subscriber');
  const { delivered } = subscriber;
  const { answered } = publisher;
  const messages = received(
    Array.from({ length: count / perMessage }, () => published(numbers(perMessage))),
  ).map((message) => [message]);
  // Nor is making what is published: two collections of the young, and it is old.
  for (let collection = 0; collection < 2; collection++) globalThis.gc?.(true);
  const messagesPerTurn = perTurn / perMessage;
  const start = processorTime();
  for (let first = 0; first < messages.length; first += messagesPerTurn) {
    for (const message of messages.slice(first, first + messagesPerTurn)) publisher.say(message);
    await turn();
  }
  const taken = processorTime() - start;
  check('answers', publisher.answered - answered, count);
  check('deliveries', subscriber.delivered - delivered, count);
  return taken / count;
}

/** The numbers of the names that are next, far from each other in the index: by steps of a prime. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, () => (next = (next + 7_919) % names));
}

function published(all: readonly number[]): ClientMessage {
  const distinct = [...new Set(all)];
  const columns: Columns = {
    names: distinct.map(otherName),
    values: `[${all.map(() => value).join(',')}]`,
    lengths: all.map(() => value.length),
  };
  if (distinct.length === 1) return { kind: 'publishes', first: 1, columns };
  const positions = new Map(distinct.map((number, position) => [number, position]));
  const index = all.map((number) => positions.get(number) ?? 0);
  return { kind: 'publishes', first: 1, columns: { ...columns, index } };
}

function check(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${actual} ${what} instead of ${expected}`);
}
