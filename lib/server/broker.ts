/**
 * What connections share: who is connected, who subscribes to what, and what each method does. Puts accepted
 * publishes in one total order, that of its calls. Knows no transport and no life cycle.
 */
import type { DebugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { oneEvent, type Columns } from '../protocol/columns.js';
import { checkEventName, eventNameProblem, reservedPrefix } from '../protocol/event-name.js';
import type { Limits, TurnedAway } from '../protocol/limits.js';
import type { Params, Result } from '../protocol/messages.js';
import { encodeValue, type EncodedValue } from '../protocol/value.js';
import type { Access, Identity } from './access.js';
import type { Caller, Later, Method } from './methods.js';
import { route, type Receiver } from './routing.js';
import { Told } from './told.js';
import { Topics, type Topic } from './topics.js';

/** What a broker has done so far. */
export interface Counters {
  accepted: number;
  published: number;
  delivered: number;
  missed: number;
  gaps: number;
  refused: number;
}

/** How many connections are in a state now. */
export interface Conditions {
  behind: number;
  stale: number;
}

/** A connection as the broker sees it. */
export interface Member extends Caller, Receiver {
  /** The names that it subscribes to, by subscription id. The broker's to change. */
  readonly subscriptions: Map<number, Topic<Member>>;
  /** Takes the next of the values in `told`, of so many characters. */
  tell(told: Told, length: number): void;
  /** What it subscribes to is about to change: tells at once what it has missed so far. */
  tellMissed(): void;
  /** Ends it from this side. */
  end(reason: string): void;
}

type MemberMethod = (member: Member, identity: Identity, params: Params) => Result | Later;

export class Broker {
  readonly access: Access;
  readonly limits: Limits;
  readonly log: DebugLog;
  readonly connections: Set<Member> = new Set<Member>();
  readonly counters: Counters = { accepted: 0, published: 0, delivered: 0, missed: 0, gaps: 0, refused: 0 };
  readonly conditions: Conditions = { behind: 0, stale: 0 };
  readonly turnedAway: Map<TurnedAway, number> = new Map<TurnedAway, number>();
  readonly #topics = new Topics<Member>();
  readonly #methods = new Map<string, MemberMethod>([
    ['publish', this.#publish.bind(this)],
    ['subscribe', this.#subscribe.bind(this)],
    ['unsubscribe', this.#unsubscribe.bind(this)],
  ]);
  /** Who is to know when a subscription is over, by its id. */
  readonly #endings = new Map<number, (isGone: boolean) => void>();
  /** What was told last, and may grow. */
  #told: Told | undefined;
  #subscriptions = 0;
  #lastSubscriptionId = 0;

  constructor(access: Access, limits: Limits, log: DebugLog) {
    this.access = access;
    this.limits = limits;
    this.log = log;
  }

  /** How many event names have a subscription. */
  get events(): number {
    return this.#topics.size;
  }

  get subscriptions(): number {
    return this.#subscriptions;
  }

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a name that is taken. */
  addMethod(name: string, method: Method): void {
    if (this.#methods.has(name)) {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', `method ${name} exists already`);
    }
    this.#methods.set(name, method);
  }

  /** Counts one who went beyond a limit. */
  turnAway(limit: TurnedAway): void {
    this.turnedAway.set(limit, (this.turnedAway.get(limit) ?? 0) + 1);
  }

  /** @throws PubSubError `ERR_PUBSUB_LIMIT` */
  join(member: Member): void {
    if (this.connections.size >= this.limits.connections) {
      this.turnAway('connections');
      throw new PubSubError(
        'ERR_PUBSUB_LIMIT',
        `the server has reached its limit of ${this.limits.connections} connections (connections)`,
      );
    }
    this.connections.add(member);
    this.counters.accepted += 1;
    this.log('connected: %s', member.label);
  }

  /**
   * Drops a connection that has ended, and all its subscriptions.
   *
   * @param isGone whether its client is; the server may have ended it.
   */
  forget(member: Member, reason: string, isGone: boolean): void {
    if (!this.connections.delete(member)) return;
    const { size } = member.subscriptions;
    const ids = this.#endings.size > 0 ? [...member.subscriptions.keys()] : [];
    for (const topic of member.subscriptions.values()) this.#topics.leave(topic, member);
    member.subscriptions.clear();
    this.#subscriptions -= size;
    for (const id of ids) this.#over(id, isGone);
    this.log('gone: %s, with %d subscriptions: %s', member.label, size, reason);
  }

  /** Whether each event of a batch is within the limits. */
  allows({ names, lengths }: Columns): boolean {
    const { eventNameLength, valueLength } = this.limits;
    for (const name of names) {
      if (eventNameProblem(name, eventNameLength) !== undefined || isReserved(name)) return false;
    }
    for (const length of lengths) if (length > valueLength) return false;
    return true;
  }

  /**
   * Hands events to the other connections that subscribe to them.
   *
   * @returns how many there were for each event, in run lengths.
   * @throws PubSubError `ERR_PUBSUB_FORBIDDEN`, or `ERR_PUBSUB_INVALID_ARGUMENT` or `ERR_PUBSUB_LIMIT` where
   * {@link Broker.allows} says no.
   */
  publish(from: Member, identity: Identity, columns: Columns): readonly number[] {
    if (!identity.canPublish) throw new PubSubError('ERR_PUBSUB_FORBIDDEN', 'this client may not publish');
    if (!this.allows(columns)) {
      for (const name of columns.names) this.#checkName(name);
      this.turnAway('valueLength');
      throw new PubSubError(
        'ERR_PUBSUB_LIMIT',
        `the value's JSON text exceeds the server's limit of ${this.limits.valueLength} characters (valueLength)`,
      );
    }
    this.counters.published += columns.lengths.length;
    return route(this.#topics, from, columns);
  }

  /** Carries out a request. @throws PubSubError with the code that its client is to see. */
  call(member: Member, identity: Identity, method: string, params: Params): Result | Later {
    const carryOut = this.#methods.get(method);
    if (carryOut === undefined)
      throw new PubSubError('ERR_PUBSUB_UNSUPPORTED', 'the server has no such method');
    return carryOut(member, identity, params);
  }

  /** Publishes one event. @returns how many listeners it had. @throws PubSubError as {@link Broker.publish} does. */
  publishOne(member: Member, identity: Identity, name: unknown, value: EncodedValue): number {
    this.#checkName(name);
    return this.#publishNamed(member, identity, name, value);
  }

  /** Publishes an event of the server's own to all who are subscribed. */
  tell(name: string, value: EncodedValue): void {
    const topic = this.#topics.get(name);
    if (topic === undefined) return;
    if (this.#told?.name !== name || !this.#told.isOpen) this.#told = new Told(name);
    const told = this.#told;
    told.add(value);
    topic.forEach((member) => member.tell(told, value.length));
  }

  /** What is told from now on is not told together with what was told before. */
  cut(): void {
    this.#told = undefined;
  }

  /**
   * Subscribes a connection to an event of the server's own.
   *
   * @param ended is called once, when that is over, with whether the client has ended it, or is gone.
   * @returns the id of the subscription.
   * @throws PubSubError `ERR_PUBSUB_LIMIT`
   */
  enter(member: Member, name: string, ended: (isGone: boolean) => void): string {
    const id = this.#join(member, name);
    this.#endings.set(id, ended);
    return String(id);
  }

  /** @returns the id of the subscription. @throws PubSubError as a request does. */
  subscribe(member: Member, identity: Identity, name: unknown): string {
    this.#checkName(name);
    if (!identity.canSubscribe)
      throw new PubSubError('ERR_PUBSUB_FORBIDDEN', 'this client may not subscribe');
    return String(this.#join(member, name));
  }

  #checkName(name: unknown): asserts name is string {
    const { eventNameLength } = this.limits;
    if (typeof name === 'string' && name.length > eventNameLength) this.turnAway('eventNameLength');
    checkEventName(name, eventNameLength);
    if (isReserved(name)) {
      throw new PubSubError(
        'ERR_PUBSUB_INVALID_ARGUMENT',
        `event names that begin with ${reservedPrefix} are for the server's own events`,
      );
    }
  }

  #publish(member: Member, identity: Identity, params: Params): Result {
    const { event_name: name, value } = params;
    this.#checkName(name);
    if (value === undefined) throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', 'value is missing');
    return { listeners: this.#publishNamed(member, identity, name, encodeValue(value, Infinity)) };
  }

  #publishNamed(member: Member, identity: Identity, name: string, value: EncodedValue): number {
    const [, listeners] = this.publish(member, identity, oneEvent(name, value));
    return listeners as number;
  }

  #subscribe(member: Member, identity: Identity, params: Params): Result {
    return { subscription_id: this.subscribe(member, identity, params['event_name']) };
  }

  #join(member: Member, name: string): number {
    if (member.subscriptions.size >= this.limits.subscriptionsPerClient) {
      this.turnAway('subscriptionsPerClient');
      throw new PubSubError(
        'ERR_PUBSUB_LIMIT',
        `this client has reached its limit of ${this.limits.subscriptionsPerClient} subscriptions (subscriptionsPerClient)`,
      );
    }
    // What was told before is not for who comes now.
    this.cut();
    member.tellMissed();
    // A channel that fails has ended it meanwhile.
    if (!this.connections.has(member)) throw new PubSubError('ERR_PUBSUB_CLOSED', 'the connection has ended');
    const id = ++this.#lastSubscriptionId;
    member.subscriptions.set(id, this.#topics.join(name, member));
    this.#subscriptions += 1;
    this.log('%s subscribed to %j', member.label, name);
    return id;
  }

  #unsubscribe(member: Member, _identity: Identity, params: Params): Result {
    const { subscription_id: text } = params;
    if (typeof text !== 'string') {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', 'subscription_id must be a string');
    }
    const id = Number(text);
    const topic = String(id) === text ? member.subscriptions.get(id) : undefined;
    if (topic === undefined) {
      throw new PubSubError('ERR_PUBSUB_FORBIDDEN', 'this client has no such subscription');
    }
    member.tellMissed();
    member.subscriptions.delete(id);
    this.#topics.leave(topic, member);
    this.#subscriptions -= 1;
    this.log('%s unsubscribed from %j', member.label, topic.name);
    this.#over(id, true);
    return {};
  }

  #over(id: number, isGone: boolean): void {
    const ended = this.#endings.get(id);
    this.#endings.delete(id);
    ended?.(isGone);
  }
}

function isReserved(name: string): boolean {
  return name.startsWith(reservedPrefix);
}
