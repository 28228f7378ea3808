/**
 * ZeroMQ with a forwarder in the primary: workers push to it, and subscribe to what it publishes. With `PUSH` instead
 * of `PUB` on the publisher's side there is one place only that knows the subscriptions, so that a worker can tell when
 * its own are known.
 */
import type { Proxy } from 'zeromq';
import type { Pubsub } from './contestant.js';

/** What a worker says to itself until it hears it. */
const probe = `probe::${process.pid}`;

/** Its thread does not keep it from being collected as garbage, with its sockets. */
let forwarder: Proxy | undefined;

export const zeromq: Pubsub = {
  name: 'zeromq',
  description:
    'ZeroMQ over Unix sockets: PUSH to a native forwarder (PULL to PUB) in a thread of the primary, SUB from there; ' +
    'publishes are not answered',
  answers: 'nothing',
  echoes: true,
  package: 'zeromq',

  async startPrimary(address) {
    const { Proxy: Forwarder, Pull, Publisher } = await import('zeromq');
    const [pull, publisher] = [
      new Pull({ receiveHighWaterMark: 0 }),
      new Publisher({ sendHighWaterMark: 0 }),
    ];
    await Promise.all([pull.bind(`ipc://${address}.in`), publisher.bind(`ipc://${address}.out`)]);
    forwarder = new Forwarder(pull, publisher);
    void forwarder.run();
  },

  async connectWorker(address) {
    const { Push, Subscriber } = await import('zeromq');
    // Without a bound on what waits, a message is taken at once, or nearly so.
    const push = new Push({ sendHighWaterMark: 0 });
    const subscriber = new Subscriber({ receiveHighWaterMark: 0 });
    push.connect(`ipc://${address}.in`);
    subscriber.connect(`ipc://${address}.out`);
    const handlers = new Map<string, (value: string) => void>();
    /** A socket takes one message at a time. */
    const queue: [event: string, value: string][] = [];
    const sendAll = async (): Promise<void> => {
      // What is published meanwhile is at the end, and sent as well.
      for (const message of queue) await push.send(message);
      queue.length = 0;
    };
    const heard = { probe: false };
    handlers.set(probe, () => {
      heard.probe = true;
    });
    void receiveAll(subscriber, handlers);
    return {
      async subscribe(event, receive) {
        handlers.set(event, receive);
        subscriber.subscribe(event);
        subscriber.subscribe(probe);
        for (heard.probe = false; !heard.probe;) {
          await push.send([probe, '']);
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        subscriber.unsubscribe(probe);
      },
      publish(event, value, answered) {
        if (queue.push([event, value]) === 1) sendAll().catch(fail);
        answered(0);
      },
    };
  },
};

async function receiveAll(
  messages: AsyncIterable<Buffer[]>,
  handlers: ReadonlyMap<string, (value: string) => void>,
): Promise<void> {
  for await (const [event, value] of messages) handlers.get(String(event))?.(String(value));
}

function fail(error: unknown): never {
  throw error;
}
