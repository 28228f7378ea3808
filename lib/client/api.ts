/**
 * The client as its users see it, the same on every transport.
 */

/** One value as it arrived. */
export interface Message<T> {
  /** The event's name. */
  readonly event: string;
  /** Shared by all handlers of this client: treat it as read-only. */
  readonly value: T;
}

/**
 * Called with each value of a subscription, in the server's order. What it throws, or what the promise it
 * returns rejects with, raises `'error'` on the client and has no other effect.
 */
export type Handler<T> = (value: T, message: Message<T>) => unknown;

/** Values that were missed, told at their place in the stream. */
export interface Gap {
  /**
   * - `overflow`: more came than was kept for this subscription, or than this client could take in time.
   * - `reconnect`: the link was lost and opened again.
   * - `restart`: the link was lost, and the server that answered then is another run.
   */
  readonly reason: 'overflow' | 'reconnect' | 'restart';
  /** How many values, or `undefined` where that cannot be known. */
  readonly count: number | undefined;
  /** How many by event name, or `undefined` where that cannot be known. */
  readonly events: ReadonlyMap<string, number> | undefined;
}

export interface RequestOptions {
  /**
   * Gives the request up: it rejects with the signal's reason. What was not sent yet is not sent; what was
   * sent may still be carried out, except that a subscription is undone.
   */
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds, from 1 to 2,147,483,647. Default: the client's. */
  readonly timeout?: number | undefined;
}

export interface SubscribeOptions extends RequestOptions {
  /**
   * Called where values of this subscription were missed, after those before and before those that follow; in a
   * subscription that is iterated, when the iteration comes there.
   */
  readonly onGap?: ((gap: Gap) => void) | undefined;
}

export interface PublishResult {
  /** How many other clients had at least one subscription to the event. */
  readonly listeners: number;
}

/** What a client raises. */
export interface ClientEvents {
  /** The link is open; again after each loss. */
  connect: [];
  /** The link was lost. The client opens another one by itself, where its transport can. */
  disconnect: [reason: Error | undefined];
  /** Values were missed, by one subscription or several. After a lost link it is told once all are in force again. */
  gap: [gap: Gap];
  /**
   * The server has given no sign of life for `staleTime`: others may know what is not known here. Told where the
   * link is watched, which it is in a worker; elsewhere a silent link is ended.
   */
  stale: [];
  /** It gives one again. A link that is lost while it is stale raises `disconnect` instead. */
  recovered: [];
  /** A handler failed, or the link. Unheard, it is logged under `clustercast:client` and kills nothing. */
  error: [error: unknown];
  /** The client has ended, and stays so. */
  close: [];
}

/** A snapshot of a client. */
export interface ClientStats {
  readonly state: 'connecting' | 'open' | 'closing' | 'closed';
  /** Requests that wait to be sent, or for their answer. */
  readonly pending: number;
  /** Subscriptions in force. */
  readonly subscriptions: number;
  /** Publishes that were accepted. */
  readonly published: number;
  /** Values received, each counted once however many subscriptions took it. */
  readonly received: number;
  /** Values told as missed, each counted once per subscription; unknown counts are not in it. */
  readonly missed: number;
  /** Whether the server gives no sign of life now. */
  readonly isStale: boolean;
}

/** The names in an event map. */
export type EventName<Events> = keyof Events & string;

/**
 * A client of a pub/sub server. `Events` maps event names to the types of their values:
 *
 * ```ts
 * const client = connectWorker<{ 'user::logged_in': { id: string } }>();
 * ```
 *
 * Every promise it returns settles: with its answer, or with a {@link PubSubError} in time.
 */
export interface Client<Events = Record<string, unknown>> extends AsyncDisposable {
  /**
   * Publishes a value: anything that `JSON.stringify` carries, by its rules; `undefined` arrives as `null`.
   * Resolves when the server has put it into its order and handed it to the channels of `listeners` clients.
   * Nothing is ever published twice by itself.
   *
   * @throws PubSubError `INVALID_ARGUMENT`, `SERIALIZE`, `LIMIT`, `BACKPRESSURE` or `CLOSED` (each with the prefix
   * `ERR_PUBSUB_`) if it was certainly not accepted; `NO_PRIMARY` if it was never sent; `FORBIDDEN` or
   * `UNAUTHORIZED` if the server refused it; `TIMEOUT` or `OUTCOME_UNKNOWN` if either is possible.
   */
  publish<Name extends EventName<Events>>(
    event: Name,
    value: Events[Name],
    options?: RequestOptions,
  ): Promise<PublishResult>;

  /**
   * Subscribes to an event. Once this has resolved, every later publish of others is received exactly once.
   * With a handler, values go there; without one they wait, bounded, to be iterated:
   *
   * ```ts
   * for await (const user of await client.subscribe('user::logged_in')) sessions.add(user.id);
   * ```
   *
   * @throws PubSubError as {@link Client.publish} does, but for `SERIALIZE`.
   */
  subscribe<Name extends EventName<Events>>(
    event: Name,
    options?: SubscribeOptions,
  ): Promise<Subscription<Events[Name]>>;
  subscribe<Name extends EventName<Events>>(
    event: Name,
    handler: Handler<Events[Name]>,
    options?: SubscribeOptions,
  ): Promise<Subscription<Events[Name]>>;

  /**
   * Waits for room in the outbox: resolves when the requests that wait are half of what may at most (`outboxMessages`,
   * `outboxLength`), which may be at once. One who publishes faster than the server takes awaits this where `publish()`
   * rejects with `ERR_PUBSUB_BACKPRESSURE`, or before.
   *
   * @throws PubSubError `ERR_PUBSUB_TIMEOUT` if there is no room in time, `ERR_PUBSUB_CLOSED` if the client ends.
   */
  drained(options?: RequestOptions): Promise<void>;

  on<Type extends keyof ClientEvents>(type: Type, listener: (...args: ClientEvents[Type]) => void): this;
  once<Type extends keyof ClientEvents>(type: Type, listener: (...args: ClientEvents[Type]) => void): this;
  off<Type extends keyof ClientEvents>(type: Type, listener: (...args: ClientEvents[Type]) => void): this;

  /**
   * Resolves when the link is open for the first time; rejects with `ERR_PUBSUB_NO_PRIMARY` if no server
   * answered in time (the client goes on trying), with `ERR_PUBSUB_UNAUTHORIZED` if it was refused, and with
   * `ERR_PUBSUB_CLOSED` if it was closed before. A rejection that nobody handles kills nothing.
   */
  readonly ready: Promise<void>;
  /** Resolves when the client has ended, whatever ended it. */
  readonly closed: Promise<void>;
  /** The id under which the server knows this client, once it has told. */
  readonly clientId: string | undefined;

  stats(): ClientStats;
  /** Undoes `unref()`. */
  ref(): this;
  /**
   * Lets the process end although the client is open. On the IPC channel this works on the whole process: it is
   * `process.channel.unref()`, in force while every client of the process is unref'd.
   */
  unref(): this;

  /**
   * Ends the client. What was published before is answered, or past its time, before it resolves; what is
   * asked after it rejects with `ERR_PUBSUB_CLOSED`. Subscriptions end, and what they had buffered is dropped.
   */
  close(): Promise<void>;
}

/**
 * A subscription. One without a handler is iterated; several iterations at once share its values. Leaving a
 * `for await` loop unsubscribes. It ends when unsubscribed or when its client is closed; where it was ended
 * by something else, the iteration throws why, after what had arrived.
 */
export interface Subscription<T> extends AsyncIterable<T>, AsyncDisposable {
  readonly event: string;
  /** Given by the server; another one after a reconnection. */
  readonly id: string;
  /**
   * Ends the subscription: nothing is received from this call on. Resolves when the server has dropped it.
   * May be called in any state, and twice.
   */
  unsubscribe(): Promise<void>;
  /**
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a subscription with a handler.
   */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined>;
}

/** What every kind of client takes. */
export interface ClientOptions {
  /**
   * In milliseconds, from 1 to 2,147,483,647: for the handshake and, unless it has its own, for each request
   * from its call to its answer. Default 10,000.
   */
  readonly timeout?: number;
}
