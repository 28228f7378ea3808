/**
 * One subscription of a client: hands its values to a handler, or keeps them for whoever iterates. Knows its
 * client only by what it is given. Wings extend it where there is more to ask for than an event.
 */
import { PubSubError } from '../errors.js';
import type { Limits } from '../protocol/limits.js';
import type { Result } from '../protocol/messages.js';
import type { Gap, Handler, Message, Subscription } from './api.js';
import { Buffer } from './buffer.js';
import { deferred, type Deferred } from './deferred.js';
import type { Ask } from './requests.js';

/** What a subscription needs of its client. */
export interface SubscriptionHost {
  readonly limits: Limits;
  /** Told what a handler threw. */
  failed(error: unknown): void;
  /** Told what this subscription missed, where it missed it. */
  missed(gap: Gap): void;
  /** Ends the subscription on the server. */
  drop(subscription: ActiveSubscription): Promise<void>;
}

type Waiting = Deferred<IteratorResult<unknown, undefined>>;

export class ActiveSubscription implements Subscription<unknown> {
  readonly event: string;
  readonly #host: SubscriptionHost;
  readonly #handler: Handler<unknown> | undefined;
  readonly #onGap: ((gap: Gap) => void) | undefined;
  readonly #buffer: Buffer<unknown> | undefined;
  /** Callers of `next()` that wait for a value, in order. */
  #waiting: Waiting[] = [];
  #id = '';
  #state: 'active' | 'ended' = 'active';
  #error: Error | undefined;
  #unsubscribed: Promise<void> | undefined;

  constructor(
    event: string,
    host: SubscriptionHost,
    handler: Handler<unknown> | undefined,
    onGap: ((gap: Gap) => void) | undefined,
  ) {
    this.event = event;
    this.#host = host;
    this.#handler = handler;
    this.#onGap = onGap;
    if (handler === undefined) this.#buffer = new Buffer(host.limits);
  }

  get id(): string {
    return this.#id;
  }

  /** What to ask the server for, so that it comes into force. */
  ask(): Ask {
    return { method: 'subscribe', params: { event_name: this.event } };
  }

  /**
   * In force on the server under `id`, by this answer; whatever follows the answer comes after this call. What was missed
   * on another link before is told first.
   */
  activate(id: string, _result: Result, gap?: Gap): void {
    this.#id = id;
    if (gap !== undefined) this.miss(gap);
  }

  /** Takes a value whose JSON text has `length` characters. */
  deliver(value: unknown, length: number): void {
    if (this.#state === 'ended') return;
    if (this.#handler !== undefined) {
      this.#handle(this.#handler, value);
      return;
    }
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting.resolve({ done: false, value });
    else this.#buffer?.push(value, length);
  }

  /** Nobody knows how many values were missed here: tells so once whatever came before has been taken. */
  miss(gap: Gap): void {
    if (this.#state === 'ended') return;
    if (this.#isAtEnd) this.#tell(gap);
    else this.#buffer?.mark(gap);
  }

  /** The server has left out so many values here: tells so likewise. */
  skip(count: number): void {
    if (this.#state === 'ended') return;
    if (this.#isAtEnd) this.#tell(this.#overflow(count));
    else this.#buffer?.skip(count);
  }

  /**
   * Ends it on this side. Without an error at once; with one after what has arrived, so that whoever iterates
   * learns that more may have come.
   */
  end(error?: Error): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#error = error;
    if (error === undefined) this.#buffer?.clear();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve } of waiting) resolve(this.#next());
  }

  unsubscribe(): Promise<void> {
    this.#unsubscribed ??= this.#host.drop(this);
    return this.#unsubscribed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe();
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown, undefined> {
    if (this.#buffer === undefined) {
      throw new PubSubError(
        'ERR_PUBSUB_INVALID_ARGUMENT',
        'a subscription with a handler cannot be iterated',
      );
    }
    const iterator: AsyncIterableIterator<unknown, undefined> = {
      next: () => this.#next(),
      // Also where the loop was left, or the iterator dropped, before its first next().
      return: async () => {
        await this.unsubscribe().catch((error: unknown) => this.#host.failed(error));
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async #next(): Promise<IteratorResult<unknown, undefined>> {
    for (;;) {
      const entry = this.#buffer?.shift();
      if (entry === undefined) break;
      if ('value' in entry) return { done: false, value: entry.value };
      if (entry.gap !== undefined) this.#tell(entry.gap);
      if (entry.skipped > 0) this.#tell(this.#overflow(entry.skipped));
      if (entry.dropped > 0) this.#dropped(this.#overflow(entry.dropped));
    }
    if (this.#state === 'active') {
      const waiting = deferred<IteratorResult<unknown, undefined>>();
      this.#waiting.push(waiting);
      return waiting.promise;
    }
    const error = this.#error;
    this.#error = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }

  /** Whether everything before has been taken. */
  get #isAtEnd(): boolean {
    return this.#buffer === undefined || this.#waiting.length > 0;
  }

  #overflow(count: number): Gap {
    return { reason: 'overflow', count, events: new Map([[this.event, count]]) };
  }

  /** The client learns of its own buffer's overflow here only; of any other gap it knows already. */
  #dropped(gap: Gap): void {
    this.#tell(gap);
    this.#host.missed(gap);
  }

  #tell(gap: Gap): void {
    try {
      this.#onGap?.(gap);
    } catch (error) {
      this.#host.failed(error);
    }
  }

  /** What a handler is given besides the value. */
  protected messageOf(value: unknown): Message<unknown> {
    return { event: this.event, value };
  }

  #handle(handler: Handler<unknown>, value: unknown): void {
    try {
      const outcome = handler(value, this.messageOf(value));
      if (isThenable(outcome)) outcome.then(undefined, (error: unknown) => this.#host.failed(error));
    } catch (error) {
      this.#host.failed(error);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
