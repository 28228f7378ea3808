/**
 * What comes of a publish: the promise that its caller holds. One object for each, since thousands may be unanswered at a
 * time, and what the garbage collector finds alive it has to move.
 */
import { PubSubError } from '../errors.js';
import { isCount } from '../protocol/guards.js';
import type { Result } from '../protocol/messages.js';
import type { PublishResult } from './api.js';
import { deferred, type Deferred } from './deferred.js';
import type { Outcome } from './requests.js';

export class Publication implements Outcome {
  readonly promise: Promise<PublishResult>;
  readonly reject: Deferred<PublishResult>['reject'];
  readonly #resolve: Deferred<PublishResult>['resolve'];
  readonly #accepted: () => void;

  /** @param accepted is called when the server has accepted it. */
  constructor(accepted: () => void) {
    const { promise, resolve, reject } = deferred<PublishResult>();
    this.promise = promise;
    this.reject = reject;
    this.#resolve = resolve;
    this.#accepted = accepted;
  }

  resolve({ listeners }: Result): void {
    if (!isCount(listeners)) {
      this.reject(new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server did not count the listeners'));
      return;
    }
    this.#accepted();
    this.#resolve({ listeners });
  }
}
