/**
 * What a server is to do, said as plainly as possible: one list of all that was published, and who subscribed to what
 * from where to where in it. Fed with what a real server receives, in that order; knows no channel, no window, no batch.
 */
import { nameAt } from '#lib/protocol/columns.js';
import type { ClientMessage } from '#lib/protocol/messages.js';

/** Stands for a connection. */
export type Party = object;

interface Published {
  readonly key: number;
  readonly event: string;
  readonly from: Party;
  readonly listeners: number;
}

/** A subscription, from its beginning to its end in the order. */
interface Grant {
  readonly event: string;
  readonly to: Party;
  readonly start: number;
  end: number | undefined;
}

export class Reference {
  readonly order: Published[] = [];
  readonly #grants = new Map<string, Grant>();
  readonly #parties = new Set<Party>();

  get connections(): number {
    return this.#parties.size;
  }

  get subscriptions(): number {
    return [...this.#grants.values()].filter(({ end }) => end === undefined).length;
  }

  join(party: Party): void {
    this.#parties.add(party);
  }

  leave(party: Party): void {
    if (!this.#parties.delete(party)) return;
    for (const grant of this.#grants.values()) if (grant.to === party) grant.end ??= this.order.length;
  }

  receive(from: Party, message: ClientMessage): void {
    if (!this.#parties.has(from)) return;
    if (message.kind === 'publishes') {
      const keys = JSON.parse(message.columns.values) as number[];
      for (const [place, key] of keys.entries()) this.#publish(from, key, nameAt(message.columns, place));
    } else if (message.kind === 'request') {
      const { event_name: event, subscription_id: id } = message.params;
      if (message.method === 'subscribe') this.#subscribe(from, String(event));
      else this.#unsubscribe(from, String(id));
    }
  }

  /** The keys that were due to a subscription: of its event, while it was held, and of others than its own client. */
  due(id: string, event: string): number[] | undefined {
    const grant = this.#grants.get(id);
    if (grant?.event !== event) return undefined;
    return this.order
      .slice(grant.start, grant.end)
      .filter((published) => published.event === event && published.from !== grant.to)
      .map(({ key }) => key);
  }

  #publish(from: Party, key: number, event: string): void {
    const parties = new Set<Party>();
    for (const grant of this.#grants.values()) {
      if (grant.event === event && grant.end === undefined && grant.to !== from) parties.add(grant.to);
    }
    this.order.push({ key, event, from, listeners: parties.size });
  }

  #subscribe(to: Party, event: string): void {
    // Ids are numbers that are given in turn.
    const id = String(this.#grants.size + 1);
    this.#grants.set(id, { event, to, start: this.order.length, end: undefined });
  }

  #unsubscribe(from: Party, id: string): void {
    const grant = this.#grants.get(id);
    if (grant?.to === from) grant.end ??= this.order.length;
  }
}
