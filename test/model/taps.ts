/** Lets the references hear what the real servers receive, and remembers which server a client has found. */
import { PubSubClient } from '#lib/client/client.js';
import { Broker } from '#lib/server/broker.js';
import { Connection } from '#lib/server/connection.js';
import { Reference } from './reference.js';

export class Taps {
  readonly #byEpoch = new Map<string, Reference>();
  readonly #byBroker = new WeakMap<Broker, Reference>();
  readonly #byParty = new WeakMap<object, Reference>();
  readonly #epochs = new WeakMap<object, string>();
  #latest = new Reference();

  /** For all servers and clients of this process from now on. */
  constructor() {
    this.#tapServers();
    this.#tapClients();
  }

  /** A reference for the server of that epoch, which is to start next. */
  begin(epoch: string): Reference {
    this.#latest = new Reference();
    this.#byEpoch.set(epoch, this.#latest);
    return this.#latest;
  }

  /** Forgets the servers so far. */
  clear(): void {
    this.#byEpoch.clear();
  }

  get references(): readonly Reference[] {
    return [...this.#byEpoch.values()];
  }

  /** That of the server which a client has found last. */
  epochOf(client: object): string {
    return this.#epochs.get(client) ?? '';
  }

  of(epoch: string): Reference | undefined {
    return this.#byEpoch.get(epoch);
  }

  #tapServers(): void {
    const [brokers, parties, latest] = [this.#byBroker, this.#byParty, (): Reference => this.#latest];
    wrap(Broker.prototype, 'join', (broker, join, member) => {
      join();
      const reference = brokers.get(broker) ?? latest();
      brokers.set(broker, reference);
      parties.set(member, reference);
      reference.join(member);
    });
    wrap(Broker.prototype, 'forget', (broker, forget, member) => {
      brokers.get(broker)?.leave(member);
      forget();
    });
    wrap(Connection.prototype, 'receive', (connection, receive, messages) => {
      for (const message of messages) {
        // One by one: what is done with the first may end a connection that the second would have reached.
        parties.get(connection)?.receive(connection, message);
        receive([message]);
      }
    });
  }

  #tapClients(): void {
    wrap(PubSubClient.prototype, 'opened', (client, opened, { epoch = '' }) => {
      this.#epochs.set(client, epoch);
      opened();
    });
  }
}

type First<Method> = Method extends (first: infer Argument, ...rest: never[]) => void ? Argument : never;

type Second<Method> = Method extends (first: never, second: infer Argument, ...rest: never[]) => void
  ? Argument
  : never;

/** Puts `wrapper` around a method of all objects of a class. Its first argument may be replaced. */
export function wrap<Class extends object, Name extends keyof Class>(
  prototype: Class,
  name: Name,
  wrapper: (
    object: Class,
    original: (first?: First<Class[Name]>) => void,
    first: First<Class[Name]>,
    second: Second<Class[Name]>,
  ) => void,
): void {
  const original = prototype[name] as (...args: unknown[]) => void;
  prototype[name] = function (this: Class, first: First<Class[Name]>, ...rest: unknown[]) {
    const call = (other = first): void => original.call(this, other, ...rest);
    wrapper(this, call, first, rest[0] as Second<Class[Name]>);
  } as Class[Name];
}
