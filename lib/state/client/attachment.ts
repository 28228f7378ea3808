/** What connects a map or a cache of a client with the server, through failures that may pass. */
import type { ActiveSubscription } from '../../client/subscription.js';
import { holdProcess } from '../../client/timeout.js';
import type { PubSubError } from '../../errors.js';

/** Until the server is asked again, where that failed for now, in milliseconds. */
const retryTime = 1_000;

/** Nothing that passes. */
const finalCodes: ReadonlySet<unknown> = new Set([
  'ERR_PUBSUB_FORBIDDEN',
  'ERR_PUBSUB_UNSUPPORTED',
  'ERR_PUBSUB_UNAUTHORIZED',
  'ERR_PUBSUB_INVALID_ARGUMENT',
  'ERR_PUBSUB_PROTOCOL',
  'ERR_PUBSUB_CLOSED',
]);

/** Whether it is of use to ask again after `error`. */
export function mayPass(error: unknown): boolean {
  return !finalCodes.has((error as Partial<PubSubError>).code);
}

/** A subscription, or a timer until there is another one. */
export class Attachment {
  subscription: ActiveSubscription | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  later(attach: () => void): void {
    this.#timer = setTimeout(attach, retryTime);
    holdProcess(this.#timer, false);
  }

  /** There will be no other one. */
  end(): void {
    clearTimeout(this.#timer);
  }

  async leave(): Promise<void> {
    await this.subscription?.unsubscribe();
  }
}
