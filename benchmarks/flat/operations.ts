/**
 * What a server is made to do while other subscriptions are present. Each operation prepares what it feeds
 * before the clock starts, and checks that all was answered and delivered.
 */
import { oneEvent, type Columns } from '#lib/protocol/columns.js';
import {
  received,
  subscribeTo,
  turn,
  unsubscribeFrom,
  type FeedAdapter,
  type FeedClient,
} from '../harness/feed.js';
import { processorTime } from '../harness/processor.js';
import type { ClientMessage } from '#lib/protocol/messages.js';

/** Everything that is measured. */
export const operationNames = ['publish', 'batch', 'names', 'subscribe', 'disconnect'] as const;

export type OperationName = (typeof operationNames)[number];

const subscribersPerName = 3;
/** How many messages the server is fed in one turn of the event loop. */
const perTurn = 64;
const batchSize = 256;
const names = Array.from({ length: 16 }, (_, position) => `published::event-${position}`);
const value = JSON.stringify('x'.repeat(64));

export class Operations {
  readonly #adapter: FeedAdapter;
  readonly #publisher: FeedClient;
  readonly #subscribers: readonly FeedClient[];
  /** What to publish, once it has been made. */
  readonly #loads = new Map<OperationName, readonly ClientMessage[][]>();
  #fresh = 0;

  private constructor(adapter: FeedAdapter) {
    this.#adapter = adapter;
    this.#publisher = adapter.connect();
    this.#subscribers = Array.from({ length: subscribersPerName }, () => adapter.connect());
  }

  static async prepare(adapter: FeedAdapter): Promise<Operations> {
    const operations = new Operations(adapter);
    for (const subscriber of operations.#subscribers) subscriber.say(received(names.map(subscribeTo)));
    await turn();
    return operations;
  }

  /** Carries one operation out many times. Resolves to the nanoseconds of processor time that one took. */
  measure(name: OperationName): Promise<number> {
    switch (name) {
      case 'publish':
        return this.#publish(name, 16_384, 4, oneEvent(names[0] as string, value));
      case 'batch':
        return this.#publish(name, 1_024, 32, inTurn(names.slice(0, 1)));
      case 'names':
        return this.#publish(name, 1_024, 4, inTurn(names));
      case 'subscribe':
        return this.#subscribe(5_000);
      case 'disconnect':
        return this.#disconnect(1_000, 10);
    }
  }

  /** Feeds so many messages that say the same, each with strings of its own, so many times. */
  async #publish(name: OperationName, messages: number, repeats: number, columns: Columns): Promise<number> {
    let load = this.#loads.get(name);
    if (load === undefined) {
      load = prepared(Array.from({ length: messages }, () => ({ kind: 'publishes', first: 1, columns })));
      this.#loads.set(name, load);
    }
    const count = messages * repeats * columns.lengths.length;
    const answered = this.#publisher.answered + count;
    const delivered = this.#delivered() + count * subscribersPerName;
    const start = processorTime();
    for (let repeat = 0; repeat < repeats; repeat++) await feed(this.#publisher, load);
    const end = processorTime();
    check('answers', this.#publisher.answered, answered);
    check('deliveries', this.#delivered(), delivered);
    return (end - start) / count;
  }

  async #subscribe(count: number): Promise<number> {
    const { subscriptionIds } = this.#publisher;
    const requests = prepared(Array.from({ length: count }, () => subscribeTo(this.#freshName())));
    const start = processorTime();
    await feed(this.#publisher, requests);
    const between = processorTime();
    check('subscriptions', subscriptionIds.length, count);
    const ends = prepared(subscriptionIds.splice(0).map(unsubscribeFrom));
    const answered = this.#publisher.answered + count;
    const restart = processorTime();
    await feed(this.#publisher, ends);
    const end = processorTime();
    check('ends of subscriptions', this.#publisher.answered, answered);
    return (between - start + end - restart) / count;
  }

  async #disconnect(count: number, subscriptions: number): Promise<number> {
    const clients = Array.from({ length: count }, () => this.#adapter.connect());
    for (const client of clients) {
      client.say(received(Array.from({ length: subscriptions }, () => subscribeTo(this.#freshName()))));
    }
    await turn();
    for (const { subscriptionIds } of clients) check('subscriptions', subscriptionIds.length, subscriptions);
    const start = processorTime();
    for (const client of clients) client.disconnect();
    return (processorTime() - start) / count;
  }

  #delivered(): number {
    return this.#subscribers.reduce((sum, { delivered }) => sum + delivered, 0);
  }

  #freshName(): string {
    return `fresh::event-${String(++this.#fresh).padStart(7, '0')}`;
  }
}

/** Messages as they arrive one after the other. */
function prepared(messages: readonly ClientMessage[]): ClientMessage[][] {
  return received(messages).map((message) => [message]);
}

/** Has `client` say all of it, some in each turn. */
async function feed(client: FeedClient, load: readonly ClientMessage[][]): Promise<void> {
  for (let next = 0; next < load.length; next += perTurn) {
    for (const messages of load.slice(next, next + perTurn)) client.say(messages);
    await turn();
  }
}

/** A batch whose events have these names, one after the other. */
function inTurn(distinct: readonly string[]): Columns {
  const all = Array.from({ length: batchSize }, () => value);
  const columns = { names: distinct, values: `[${all.join(',')}]`, lengths: all.map(({ length }) => length) };
  if (distinct.length === 1) return columns;
  return { ...columns, index: all.map((_, position) => position % distinct.length) };
}

function check(what: string, actual: number, expected: number): void {
  if (actual !== expected) throw new Error(`${actual} ${what} instead of ${expected}`);
}
