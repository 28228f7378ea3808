/**
 * The subscriptions of one client, by event: gives each value to every subscription of its name, parsed once.
 */
import type { Columns } from '../protocol/columns.js';
import type { ActiveSubscription } from './subscription.js';

export class Dispatch {
  readonly #byEvent = new Map<string, Set<ActiveSubscription>>();
  #size = 0;

  /** How many subscriptions there are. */
  get size(): number {
    return this.#size;
  }

  add(subscription: ActiveSubscription): void {
    let subscriptions = this.#byEvent.get(subscription.event);
    if (subscriptions === undefined) {
      subscriptions = new Set();
      this.#byEvent.set(subscription.event, subscriptions);
    }
    subscriptions.add(subscription);
    this.#size += 1;
  }

  /** @returns whether it was there. */
  remove(subscription: ActiveSubscription): boolean {
    const subscriptions = this.#byEvent.get(subscription.event);
    if (subscriptions?.delete(subscription) !== true) return false;
    if (subscriptions.size === 0) this.#byEvent.delete(subscription.event);
    this.#size -= 1;
    return true;
  }

  takeAll(): ActiveSubscription[] {
    const all = [...this.#byEvent.values()].flatMap((subscriptions) => [...subscriptions]);
    this.#byEvent.clear();
    this.#size = 0;
    return all;
  }

  /** The subscriptions to `event`. */
  to(event: string): Iterable<ActiveSubscription> {
    return this.#byEvent.get(event) ?? [];
  }

  /** @throws SyntaxError if the values are no JSON, or not as many as they should be; nothing is delivered then. */
  deliver(columns: Columns): void {
    const { names, index, lengths } = columns;
    const values = JSON.parse(columns.values) as unknown;
    if (!Array.isArray(values) || values.length !== lengths.length) {
      throw new SyntaxError('a wrong number of values');
    }
    // A handler may end subscriptions meanwhile; none begins before the next message.
    const byName = names.map((name) => this.to(name));
    for (let position = 0; position < lengths.length; position++) {
      for (const subscription of byName[index?.[position] ?? 0] ?? []) {
        subscription.deliver(values[position] as unknown, lengths[position] as number);
      }
    }
  }
}
