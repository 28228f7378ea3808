/**
 * The subscriptions of one client, from the request to the server's answer to their end; and on the next link,
 * after one was lost, again, with the gap told. Knows the link only as something to ask.
 */
import { PubSubError } from '../errors.js';
import type { Columns } from '../protocol/columns.js';
import type { Result } from '../protocol/messages.js';
import type { Gap } from './api.js';
import { Dispatch } from './dispatch.js';
import type { Ask, Outcome } from './requests.js';
import type { ActiveSubscription } from './subscription.js';

/** What the subscriptions need of their client. */
export interface SubscriptionsHost {
  /** Asks the server; `isExempt` for what it has granted before. */
  ask(ask: Ask, outcome: Outcome, isExempt: boolean): void;
  failed(error: unknown): void;
  /** Told when every subscription is in force again, or has ended, after a gap in each. */
  missed(gap: Gap): void;
}

export class Subscriptions {
  readonly #host: SubscriptionsHost;
  readonly #dispatch = new Dispatch();
  /** In force on a link that is lost, and not yet on another. */
  readonly #unrestored = new Set<ActiveSubscription>();

  constructor(host: SubscriptionsHost) {
    this.#host = host;
  }

  /** How many are in force. */
  get size(): number {
    return this.#dispatch.size;
  }

  /** What to do with the answer to the request for `subscription`. */
  outcomeFor(
    subscription: ActiveSubscription,
    resolve: () => void,
    reject: (error: unknown) => void,
  ): Outcome {
    return {
      // In force at the moment the answer is read: what follows it in the same message is received.
      resolve: (result) => {
        if (this.#putInForce(subscription, result)) resolve();
        else reject(unnamed());
      },
      reject,
      undo: (result) => this.#undo(result),
    };
  }

  /** @throws SyntaxError if the values are no JSON; nothing is delivered then. */
  deliver(columns: Columns): void {
    this.#dispatch.deliver(columns);
  }

  /** Tells each subscription to `event` that it has missed so many values here. @returns how many it told. */
  skip(event: string, count: number): number {
    let told = 0;
    for (const subscription of this.#dispatch.to(event)) {
      subscription.skip(count);
      told += 1;
    }
    return told;
  }

  /** Ends one from this side; resolves when the server has dropped it. */
  drop(subscription: ActiveSubscription): Promise<void> {
    subscription.end();
    this.#unrestored.delete(subscription);
    // Where it is not in force, because the link is lost or the client closed, the server has dropped it.
    if (!this.#dispatch.remove(subscription)) return Promise.resolve();
    return this.#unsubscribe(subscription.id);
  }

  /** The link is lost, and with it what the server held. */
  lose(): void {
    for (const subscription of this.#dispatch.takeAll()) this.#unrestored.add(subscription);
  }

  /** Subscribes again, on a new link; what came in between was missed. */
  restore(gap: Gap): void {
    let waiting = this.#unrestored.size;
    const settle = (): void => {
      if (--waiting === 0) this.#host.missed(gap);
    };
    for (const subscription of this.#unrestored) {
      this.#host.ask(
        subscription.ask(),
        {
          resolve: (result) => {
            if (!this.#unrestored.delete(subscription)) this.#undo(result);
            else if (!this.#putInForce(subscription, result, gap)) {
              subscription.end(unnamed());
              this.#host.failed(unnamed());
            }
            settle();
          },
          reject: (error) => {
            if (this.#unrestored.delete(subscription)) subscription.end(error as Error);
            this.#host.failed(error);
            settle();
          },
          // The next link will restore it.
          lost: () => undefined,
          undo: (result) => this.#undo(result),
        },
        true,
      );
    }
  }

  /** There will be no other link: ends them all, without an error if it was the user's wish. */
  end(error: PubSubError | undefined): void {
    this.lose();
    for (const subscription of this.#unrestored) subscription.end(error);
    this.#unrestored.clear();
  }

  /** @returns whether the server has said under which id. */
  #putInForce(subscription: ActiveSubscription, result: Result, gap?: Gap): boolean {
    const id = result['subscription_id'];
    if (typeof id !== 'string') return false;
    this.#dispatch.add(subscription);
    subscription.activate(id, result, gap);
    return true;
  }

  /** Nobody wants it any more, but the server has it. */
  #undo(result: Result): void {
    this.#unsubscribe(String(result['subscription_id'])).catch((error: unknown) => this.#host.failed(error));
  }

  #unsubscribe(id: string): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#host.ask(
        { method: 'unsubscribe', params: { subscription_id: id } },
        // What the server held for a link that is lost is gone, which is what was asked for.
        { resolve: () => resolve(), reject, lost: resolve },
        true,
      );
    }).catch((error: unknown) => {
      // A client that closes takes all its subscriptions with it.
      if (!(error instanceof PubSubError) || error.code !== 'ERR_PUBSUB_CLOSED') throw error;
    });
  }
}

function unnamed(): PubSubError {
  return new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server did not name the subscription');
}
