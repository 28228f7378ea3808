/**
 * Subscriptions that are merely there: many clients, each with its own event names.
 */
import { received, subscribeTo, turn, type FeedAdapter, type FeedClient } from './feed.js';

/** How many subscriptions are asked for in one turn. */
const atOnce = 1_000;

/** Adds `count` subscriptions, each to a name of its own, spread evenly over `clients` new clients. */
export async function populate(adapter: FeedAdapter, count: number, clients: number): Promise<FeedClient[]> {
  const all = Array.from({ length: clients }, () => adapter.connect());
  for (let first = 0; first < count; first += atOnce) {
    const size = Math.min(atOnce, count - first);
    const messages = received(
      Array.from({ length: size }, (_, offset) => subscribeTo(otherName(first + offset))),
    );
    for (const [offset, message] of messages.entries()) all[(first + offset) % clients]?.say([message]);
    await turn();
  }
  const granted = all.reduce((sum, { subscriptionIds }) => sum + subscriptionIds.length, 0);
  if (granted !== count) throw new Error(`${granted} of ${count} subscriptions were granted`);
  // Kept by nobody who wants to know what the server keeps.
  for (const { subscriptionIds } of all) subscriptionIds.length = 0;
  return all;
}

/** The name of the subscription with this number: 20 characters, the same for every number below ten million. */
export function otherName(number: number): string {
  return `other::event-${String(number).padStart(7, '0')}`;
}
