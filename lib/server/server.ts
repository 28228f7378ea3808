/**
 * The server: adapters, registered clients and the way from start to close. What happens in between is the
 * broker's matter.
 */
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import type { ServerChannel } from '../protocol/channel.js';
import { resolveLimits, type Limits, type TurnedAway } from '../protocol/limits.js';
import { randomId } from '../protocol/random.js';
import { Access, tooShort, type ClientInfo } from './access.js';
import type { Accepted, Adapter, Peer } from './adapter.js';
import { Broker, type Member } from './broker.js';
import { Connection, type Overflow } from './connection.js';
import type { Method } from './methods.js';
import type { Wing, WingHost } from './wing.js';

export interface ServerOptions {
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<Limits>;
  /**
   * What becomes of a client that does not keep up. With `'gap'` it gets no more events until it has caught up, and is
   * then told how many it has missed. With `'disconnect'` its link is ended; it connects again, and is told that it
   * has missed it knows not what. Default: `'gap'`; a client that does not understand gaps is disconnected.
   */
  readonly overflow?: Overflow;
}

/** A snapshot of a server. The counts since the start are of events, each counted once per client it went to. */
export interface ServerStats {
  /** Names this run of the server. */
  readonly epoch: string;
  /** Clients connected now. */
  readonly connections: number;
  /** Subscriptions held now. */
  readonly subscriptions: number;
  /** Event names with a subscription now. */
  readonly events: number;
  /** Connections accepted since the start. */
  readonly accepted: number;
  /** Publishes accepted since the start. */
  readonly published: number;
  /** Events handed to connections since the start. */
  readonly delivered: number;
  /** Events that connections did not get since the start, since they were behind. */
  readonly missed: number;
  /** Gaps that connections were told since the start. */
  readonly gaps: number;
  /** Connections that are behind now, and get no events. */
  readonly behind: number;
  /** Connections whose process gives no sign of life now. */
  readonly stale: number;
  /** Requests refused since the start. */
  readonly refused: number;
  /** How often somebody went beyond a limit since the start, by the limit's name; absent where nobody did. */
  readonly turnedAway: Readonly<Partial<Record<TurnedAway, number>>>;
}

/**
 * A pub/sub server over any number of adapters at once.
 *
 * @example
 * ```ts
 * const memory = new MemoryAdapter();
 * const server = new Server([memory]);
 * await server.start();
 * const client = memory.connect();
 * ```
 */
export class Server {
  /** Names this run of the server; random. */
  readonly epoch: string = randomId();
  readonly #limits: Limits;
  readonly #overflow: Overflow;
  readonly #adapters: Adapter[] = [];
  readonly #wings: Wing[] = [];
  readonly #access: Access;
  readonly #broker: Broker;
  readonly #log = debugLog('server');
  #state: 'new' | 'started' | 'closed' = 'new';
  #closing: Promise<void> | undefined;
  /** Settles when every adapter's start has. */
  #starting: Promise<unknown> | undefined;

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a limit or an `overflow` that is none. */
  constructor(adapters: Iterable<Adapter> = [], options: ServerOptions = {}) {
    this.#limits = resolveLimits(options.limits);
    this.#overflow = checkOverflow(options.overflow);
    this.#access = new Access(this.#limits);
    this.#broker = new Broker(this.#access, this.#limits, this.#log);
    for (const adapter of adapters) this.addAdapter(adapter);
  }

  /**
   * Adds a source of connections.
   *
   * @throws PubSubError `ERR_PUBSUB_STARTED` after the start; `ERR_PUBSUB_INVALID_ARGUMENT` for an adapter that
   * is there already, or one that is not trusted beside a registered id that is too short to be a secret.
   */
  addAdapter(adapter: Adapter): this {
    this.#assertNew('addAdapter()');
    if (this.#adapters.includes(adapter)) {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', `adapter ${adapter.name} was added already`);
    }
    if (hasUntrusted([adapter]) && !this.#access.hasSecretsOnly) throw tooShort();
    this.#adapters.push(adapter);
    return this;
  }

  /**
   * Makes a client known, with its rights.
   *
   * @throws PubSubError `ERR_PUBSUB_STARTED` after the start; `ERR_PUBSUB_INVALID_ARGUMENT` for an id that is
   * taken, empty, too long, or too short to be a secret (16 characters) where an adapter is not trusted.
   */
  registerClient(client: ClientInfo): this {
    this.#assertNew('registerClient()');
    for (const wing of this.#wings) wing.register?.(client);
    this.#access.register(client, hasUntrusted(this.#adapters));
    return this;
  }

  /**
   * Adds a method that clients may call.
   *
   * @throws PubSubError `ERR_PUBSUB_STARTED` after the start; `ERR_PUBSUB_INVALID_ARGUMENT` for a name that is taken.
   */
  addMethod(name: string, method: Method): this {
    this.#assertNew('addMethod()');
    this.#broker.addMethod(name, method);
    return this;
  }

  /**
   * Adds a wing, which is made by `build` with what it can do here. Comes before any client is registered, and any start.
   *
   * @throws PubSubError `ERR_PUBSUB_STARTED` after the start; `ERR_PUBSUB_INVALID_ARGUMENT` for a method that is taken.
   */
  protected addWing<W extends Wing>(build: (host: WingHost) => W): W {
    this.#assertNew('addWing()');
    const broker = this.#broker;
    const wing = build({
      epoch: this.epoch,
      limits: this.#limits,
      subscribe: (caller, event, ended) => broker.enter(caller as Member, event, ended),
      publish: (event, value) => broker.tell(event, value),
      cut: () => broker.cut(),
      subscribeAs: (caller, identity, event) => broker.subscribe(caller as Member, identity, event),
      publishAs: (caller, identity, event, value) =>
        broker.publishOne(caller as Member, identity, event, value),
      registrationOf: (identity) => broker.access.registrationOf(identity),
      turnedAway: (limit) => broker.turnAway(limit),
    });
    for (const [name, method] of Object.entries(wing.methods)) this.#broker.addMethod(name, method);
    this.#wings.push(wing);
    return wing;
  }

  /**
   * Starts every adapter. What they must have in place for early clients is there when this returns; the
   * promise resolves when all of them accept connections. If one fails, the others are closed again.
   *
   * @throws PubSubError `ERR_PUBSUB_STARTED` if started before, `ERR_PUBSUB_INVALID_ARGUMENT` without adapters;
   * and whatever an adapter throws.
   */
  async start(): Promise<void> {
    this.#assertNew('start()');
    if (this.#adapters.length === 0) {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', 'a server needs at least one adapter to start');
    }
    this.#state = 'started';
    this.#log('starting with adapters %s', this.#adapters.map(({ name }) => name).join(', '));
    const wings = this.#wings.map(async (wing) => wing.start?.());
    const starts = this.#adapters.map(async (adapter) =>
      adapter.start({
        epoch: this.epoch,
        limits: this.#limits,
        accept: (channel, peer) => this.#accept(channel, peer, adapter),
        turnedAway: (limit) => this.#broker.turnAway(limit),
      }),
    );
    const starting = Promise.allSettled([...wings, ...starts]);
    this.#starting = starting;
    const failed = (await starting).find(({ status }) => status === 'rejected');
    if (failed !== undefined) {
      // Why it did not start is what matters, also where another adapter then cannot close.
      await this.close().catch(() => undefined);
      throw (failed as PromiseRejectedResult).reason;
    }
  }

  /** Says what is still to be said, closes every connection and adapter. May be called in any state, and twice. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  stats(): ServerStats {
    const { connections, subscriptions, events, counters, conditions, turnedAway } = this.#broker;
    return {
      epoch: this.epoch,
      connections: connections.size,
      subscriptions,
      events,
      ...counters,
      ...conditions,
      turnedAway: Object.fromEntries(turnedAway),
    };
  }

  async #close(): Promise<void> {
    this.#state = 'closed';
    for (const connection of this.#broker.connections) connection.end('the server closes');
    // An adapter that was closed while it starts would be open in the end.
    await this.#starting;
    const ends = await Promise.allSettled(this.#adapters.map(async (adapter) => adapter.close()));
    ends.push(...(await Promise.allSettled(this.#wings.map(async (wing) => wing.close?.()))));
    this.#log('closed');
    const failed = ends.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
  }

  #accept(channel: ServerChannel, peer: Peer, adapter: Adapter): Accepted {
    if (this.#state !== 'started') throw new PubSubError('ERR_PUBSUB_CLOSED', 'the server is closed');
    try {
      const connection = new Connection(this.#broker, channel, peer, {
        isTrusted: adapter.isTrusted,
        overflow: this.#overflow,
      });
      this.#broker.join(connection);
      return connection;
    } catch (error) {
      this.#broker.counters.refused += 1;
      this.#log(
        'refused to connect %s: %s',
        peer.label,
        error instanceof PubSubError ? error.code : 'a defect',
      );
      throw error;
    }
  }

  #assertNew(what: string): void {
    if (this.#state === 'new') return;
    throw new PubSubError(
      'ERR_PUBSUB_STARTED',
      `${what} must come before the server's start, which is final`,
    );
  }
}

function checkOverflow(overflow: Overflow = 'gap'): Overflow {
  if (overflow === 'gap' || overflow === 'disconnect') return overflow;
  throw new PubSubError(
    'ERR_PUBSUB_INVALID_ARGUMENT',
    `overflow must be 'gap' or 'disconnect', not ${String(overflow)}`,
  );
}

function hasUntrusted(adapters: readonly Adapter[]): boolean {
  return adapters.some(({ isTrusted }) => !isTrusted);
}
