/** A client's subscription to an event that begins with the value that the server retains of it, if it does. */
import type { Gap } from '../../client/api.js';
import { ActiveSubscription, type SubscriptionHost } from '../../client/subscription.js';
import type { Ask } from '../../client/requests.js';
import { PubSubError } from '../../errors.js';
import type { Result } from '../../protocol/messages.js';
import { methods } from '../names.js';
import type { Handler, Message, SubscribeOptions } from './api.js';

export class RetainedSubscription extends ActiveSubscription {
  readonly #failed: (error: unknown) => void;
  /** While the retained value is being delivered. */
  #isRetained = false;

  constructor(
    event: string,
    host: SubscriptionHost,
    handler: Handler<unknown> | undefined,
    { onGap }: SubscribeOptions,
  ) {
    super(event, host, handler, onGap);
    this.#failed = (error) => host.failed(error);
  }

  override ask(): Ask {
    return { method: methods.subscribeRetained, params: { event_name: this.event } };
  }

  override activate(id: string, result: Result, gap?: Gap): void {
    super.activate(id, result, gap);
    const { retained } = result;
    if (retained === undefined) return;
    const text = typeof retained === 'string' ? retained : '';
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      this.#failed(
        new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent a retained value that is no JSON', { cause }),
      );
      return;
    }
    this.#isRetained = true;
    this.deliver(value, text.length);
    this.#isRetained = false;
  }

  protected override messageOf(value: unknown): Message<unknown> {
    const message = super.messageOf(value);
    return this.#isRetained ? { ...message, retained: true } : message;
  }
}
