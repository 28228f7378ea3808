/**
 * The one client, for every transport: what its users call, and its subscriptions. Restores these after the
 * loss of a link, and tells the gap. The link itself is `link.ts`.
 */
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import type { Connector, Welcome } from '../protocol/channel.js';
import { separateEvents, type Columns } from '../protocol/columns.js';
import { checkEventName, reservedPrefix } from '../protocol/event-name.js';
import { resolveLimits, type Limits } from '../protocol/limits.js';
import type { Missed, Params, Result } from '../protocol/messages.js';
import { encodeValue } from '../protocol/value.js';
import type {
  Client,
  ClientEvents,
  ClientOptions,
  ClientStats,
  Gap,
  Handler,
  PublishResult,
  RequestOptions,
  SubscribeOptions,
  Subscription,
} from './api.js';
import { deferred } from './deferred.js';
import { Emitter } from './emitter.js';
import { Link, type LinkHost } from './link.js';
import type { Ask, Outcome } from './requests.js';
import { ActiveSubscription, type SubscriptionHost } from './subscription.js';
import { Subscriptions } from './subscriptions.js';
import { checkTimeout, defaultTimeout } from './timeout.js';

export interface PubSubClientOptions extends ClientOptions {
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<Limits>;
}

const log = debugLog('client');

export class PubSubClient implements Client, LinkHost, SubscriptionHost {
  readonly limits: Limits;
  /** In milliseconds, of what has no time of its own. */
  protected readonly timeout: number;
  readonly #link: Link;
  readonly #subscriptions = new Subscriptions({
    ask: (ask, outcome, isExempt) => this.#link.ask(ask, outcome, { timeout: this.timeout, isExempt }),
    failed: (error) => this.failed(error),
    missed: (gap) => this.missed(gap),
  });
  readonly #emitter = new Emitter<ClientEvents>((error, type) => this.#listenerFailed(error, type));
  readonly #ready = deferred<void>();
  readonly #closed = deferred<void>();
  #state: ClientStats['state'] = 'connecting';
  #wasOpen = false;
  #epoch: string | undefined;
  #clientId: string | undefined;
  #received = 0;
  #missed = 0;
  #isStale = false;

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a limit or a timeout that is none. */
  constructor(connector: Connector, options: PubSubClientOptions = {}) {
    this.limits = resolveLimits(options.limits);
    this.timeout = checkTimeout(options.timeout ?? defaultTimeout);
    this.#ready.promise.catch(() => undefined);
    this.#link = new Link(connector, this, this.limits, this.timeout);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  get clientId(): string | undefined {
    return this.#clientId;
  }

  publish(event: string, value: unknown, options: RequestOptions = {}): Promise<PublishResult> {
    const outcome = deferred<Result>();
    try {
      checkEventName(event, this.limits.eventNameLength);
      const ask = { event, value: encodeValue(value, this.limits.valueLength) };
      this.ask(ask, outcome, options);
    } catch (error) {
      outcome.reject(error);
    }
    // No other answer to a publish is taken for one.
    return outcome.promise as Promise<Result & PublishResult>;
  }

  subscribe(event: string, options?: SubscribeOptions): Promise<Subscription<unknown>>;
  subscribe(
    event: string,
    handler: Handler<unknown>,
    options?: SubscribeOptions,
  ): Promise<Subscription<unknown>>;
  subscribe(
    event: string,
    handlerOrOptions?: Handler<unknown> | SubscribeOptions,
    optionsAfterHandler?: SubscribeOptions,
  ): Promise<Subscription<unknown>> {
    return new Promise((resolve, reject) => {
      const handler = typeof handlerOrOptions === 'function' ? handlerOrOptions : undefined;
      const options = (typeof handlerOrOptions === 'function' ? optionsAfterHandler : handlerOrOptions) ?? {};
      checkEventName(event, this.limits.eventNameLength);
      if (typeof options !== 'object') {
        throw new PubSubError(
          'ERR_PUBSUB_INVALID_ARGUMENT',
          'a handler must be a function, and options an object',
        );
      }
      const subscription = this.subscription(event, handler, options);
      this.enter(subscription, () => resolve(subscription), reject, options);
    });
  }

  drained({ signal, timeout = this.timeout }: RequestOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const outcome = { resolve: () => resolve(), reject };
      this.#link.awaitRoom(outcome, { signal, timeout: checkTimeout(timeout) });
    });
  }

  /** What {@link PubSubClient.subscribe} makes. */
  protected subscription(
    event: string,
    handler: Handler<unknown> | undefined,
    { onGap }: SubscribeOptions,
  ): ActiveSubscription {
    return new ActiveSubscription(event, this, handler, onGap);
  }

  /** Asks the server for `subscription`. @throws what says that it was not accepted. */
  protected enter(
    subscription: ActiveSubscription,
    resolve: () => void,
    reject: (error: unknown) => void,
    options: RequestOptions,
  ): void {
    this.ask(subscription.ask(), this.#subscriptions.outcomeFor(subscription, resolve, reject), options);
  }

  /**
   * Calls any method of the server; for the wings of this package. Rejects as {@link Client.publish} does.
   *
   * @param length of the values in `params`, in characters. Default: none are worth counting.
   */
  request(method: string, params: Params, options: RequestOptions = {}, length = 0): Promise<Result> {
    return new Promise((resolve, reject) =>
      this.ask({ method, params, length }, { resolve, reject }, options),
    );
  }

  on<Type extends keyof ClientEvents>(type: Type, listener: (...args: ClientEvents[Type]) => void): this {
    this.#emitter.on(type, listener);
    return this;
  }

  once<Type extends keyof ClientEvents>(type: Type, listener: (...args: ClientEvents[Type]) => void): this {
    this.#emitter.once(type, listener);
    return this;
  }

  off<Type extends keyof ClientEvents>(type: Type, listener: (...args: ClientEvents[Type]) => void): this {
    this.#emitter.off(type, listener);
    return this;
  }

  stats(): ClientStats {
    return {
      state: this.#state,
      pending: this.#link.pending,
      subscriptions: this.#subscriptions.size,
      published: this.#link.published,
      received: this.#received,
      missed: this.#missed,
      isStale: this.#isStale,
    };
  }

  ref(): this {
    this.#link.ref();
    return this;
  }

  unref(): this {
    this.#link.unref();
    return this;
  }

  close(): Promise<void> {
    if (this.#state !== 'closed') this.#state = 'closing';
    this.#link.close();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  opened({ clientId, epoch }: Welcome): void {
    if (this.#state === 'connecting') this.#state = 'open';
    const reason = epoch !== undefined && epoch !== this.#epoch ? 'restart' : 'reconnect';
    this.#epoch = epoch;
    this.#clientId = clientId ?? this.#clientId;
    // A client that closes only waits for its requests.
    if (this.#wasOpen && this.#state !== 'closing')
      this.#subscriptions.restore({ reason, count: undefined, events: undefined });
    this.#wasOpen = true;
    this.#ready.resolve();
    this.#emitter.emit('connect');
  }

  events(columns: Columns): void {
    this.#received += columns.lengths.length;
    try {
      this.#subscriptions.deliver(columns);
    } catch (cause) {
      if (columns.lengths.length > 1) {
        // A publisher that passes off as JSON what is none does not take the values of others with it.
        this.#received -= columns.lengths.length;
        for (const event of separateEvents(columns)) this.events(event);
        return;
      }
      this.failed(
        new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server sent values that are no JSON', { cause }),
      );
    }
  }

  skipped({ names, counts }: Missed): void {
    const events = new Map<string, number>();
    let count = 0;
    for (const [position, name] of names.entries()) {
      const missed = counts[position] ?? 0;
      const told = this.#subscriptions.skip(name, missed);
      // What a server's own events carry is no value of the user's: whoever asked for it tells what that means.
      if (name.startsWith(reservedPrefix)) continue;
      events.set(name, missed);
      count += missed;
      this.#missed += missed * told;
    }
    if (events.size > 0) this.#tell({ reason: 'overflow', count, events });
  }

  stale(isStale: boolean): void {
    if (isStale === this.#isStale) return;
    this.#isStale = isStale;
    log(isStale ? 'the server gives no sign of life' : 'the server gives a sign of life again');
    this.#emitter.emit(isStale ? 'stale' : 'recovered');
  }

  lost(error: PubSubError | undefined): void {
    this.#isStale = false;
    if (this.#state === 'open') this.#state = 'connecting';
    this.#subscriptions.lose();
    log('link lost: %s', error?.message ?? 'the server closed it');
    this.#emitter.emit('disconnect', error);
  }

  ended(error: PubSubError | undefined): void {
    this.#state = 'closed';
    this.#subscriptions.end(error);
    this.#ready.reject(error ?? new PubSubError('ERR_PUBSUB_CLOSED', 'the client was closed'));
    log('closed');
    this.#emitter.emit('close');
    this.#closed.resolve();
  }

  unanswered(error: PubSubError): void {
    this.#ready.reject(error);
    this.failed(error);
  }

  failed(error: unknown): void {
    const isHeard = this.#emitter.emit('error', error);
    if (!isHeard) log('unheard error: %s', error instanceof Error ? error.name : typeof error);
  }

  missed(gap: Gap): void {
    this.#missed += gap.count ?? 0;
    this.#tell(gap);
  }

  #tell(gap: Gap): void {
    log('gap: %s, %s values', gap.reason, gap.count ?? 'unknown');
    this.#emitter.emit('gap', gap);
  }

  drop(subscription: ActiveSubscription): Promise<void> {
    return this.#subscriptions.drop(subscription);
  }

  /** Asks the server for something; `outcome` is told in the very turn of the answer. @throws what says that it was not accepted. */
  protected ask(ask: Ask, outcome: Outcome, { signal, timeout }: RequestOptions): void {
    this.#link.ask(ask, outcome, {
      signal,
      timeout: timeout === undefined ? this.timeout : checkTimeout(timeout),
    });
  }

  #listenerFailed(error: unknown, type: keyof ClientEvents): void {
    // A listener of 'error' that throws has nobody left to tell.
    if (type === 'error') log('a listener of error threw');
    else this.failed(error);
  }
}
