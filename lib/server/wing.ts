/**
 * A wing: something beyond publish and subscribe that a server offers by methods of its own, such as replicated state.
 * The server knows none of them by name.
 */
import type { Limits, TurnedAway } from '../protocol/limits.js';
import type { EncodedValue } from '../protocol/value.js';
import type { ClientInfo, Identity } from './access.js';
import type { Caller, Method } from './methods.js';

export interface Wing {
  /** What clients may call, by name. */
  readonly methods: Readonly<Record<string, Method>>;
  /** A client is about to be registered. @throws PubSubError if what it says of this wing's rights is nonsense. */
  register?(client: ClientInfo): void;
  /** The server starts; its clients may call meanwhile. The start of the server ends when this has. */
  start?(): void | Promise<void>;
  /** Every connection has ended. The server's close ends when this has. */
  close?(): void | Promise<void>;
}

/** What a wing can do with its server. */
export interface WingHost {
  /** Names this run of the server. */
  readonly epoch: string;
  readonly limits: Limits;
  /**
   * Subscribes a caller to an event whose name begins with `reservedPrefix`: those are published by wings only.
   *
   * @param ended is called once, when that subscription is over, whatever ended it: with whether its client has ended it
   * or is gone itself, and not the server, of which the client may learn later.
   * @returns its id, for the client to unsubscribe by.
   * @throws PubSubError `ERR_PUBSUB_LIMIT` where the caller has as many subscriptions as it may.
   */
  subscribe(caller: Caller, event: string, ended: (isGone: boolean) => void): string;
  /**
   * Publishes to all who are subscribed. What is published in one turn may be told together, before the answers to the
   * requests of that turn.
   */
  publish(event: string, value: EncodedValue): void;
  /**
   * What is published from now on is told after the answer that is being given: for answers that say what is so now, and
   * that are read together with what comes after them. After `subscribe` it is so anyway.
   */
  cut(): void;
  /**
   * Subscribes a caller to an event as its own request would.
   *
   * @throws PubSubError as that.
   */
  subscribeAs(caller: Caller, identity: Identity, event: unknown): string;
  /**
   * Publishes an event for a caller, to the others, as its own request would.
   *
   * @returns how many these were.
   * @throws PubSubError as that.
   */
  publishAs(caller: Caller, identity: Identity, event: unknown, value: EncodedValue): number;
  /** What an identity was registered with; `undefined` for an ad-hoc client, which has every right. */
  registrationOf(identity: Identity): ClientInfo | undefined;
  /** Counts, in the server's `stats()`, that somebody went beyond a limit. */
  turnedAway(limit: TurnedAway): void;
}
