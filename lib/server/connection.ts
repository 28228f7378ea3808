/**
 * One connected client, on the server: who it is, what it subscribes to, what it is to be told. Reads its
 * requests, has the broker carry them out, and answers each exactly once. Gives it no events while it is behind, and
 * tells it what it has missed. Whatever goes wrong here stays here.
 */
import { isPubSubErrorCode, PubSubError } from '../errors.js';
import type { ChannelEnd, ServerChannel } from '../protocol/channel.js';
import { separateEvents, type Columns } from '../protocol/columns.js';
import type {
  ClientMessage,
  Failure,
  Publishes,
  Request,
  RequestId,
  Result,
  ServerMessage,
} from '../protocol/messages.js';
import { flushAtEndOfTurn, type Flushable } from '../protocol/turn.js';
import { digest, unauthorized, type Identity } from './access.js';
import type { Accepted, Peer } from './adapter.js';
import type { Broker, Member } from './broker.js';
import { Later } from './methods.js';
import { MissedEvents } from './missed.js';
import type { Told } from './told.js';
import type { Topic } from './topics.js';

/** What becomes of a connection that does not keep up: it is told a gap, or it is ended. */
export type Overflow = 'gap' | 'disconnect';

export interface ConnectionOptions {
  readonly isTrusted: boolean;
  readonly overflow: Overflow;
}

const noColumns: Columns = { names: [], values: '', lengths: [] };

/** A backlog from which on no more events are sent, and one at which they are sent again. */
const fullBacklog = 1;
const lowBacklog = 0.5;

export class Connection implements Accepted, Member, Flushable {
  readonly label: string;
  isOpen = true;
  readonly subscriptions: Map<number, Topic<Member>> = new Map<number, Topic<Member>>();
  readonly #broker: Broker;
  readonly #channel: ServerChannel;
  readonly #options: ConnectionOptions;
  #identity: Identity | undefined;
  /** Whether a request has been accepted as this identity's; from then on the connection is bound to it. */
  #isBound = false;
  /** There while it is behind. */
  #missed: MissedEvents | undefined;
  #isStale = false;
  /**
   * What is to be said when the turn ends. Made when needed: an empty list kept ready for each of many
   * connections is taken by V8 for a long-lived one, and then keeps what is put into it alive for long, too.
   */
  #outgoing: ServerMessage[] | undefined;
  /** Events and answers in it, and the length of their values. */
  #outgoingCount = 0;
  #outgoingLength = 0;
  /** What it is being told, and where its place in that is. */
  #told: Told | undefined;
  #tellAt = 0;

  /** @throws PubSubError `ERR_PUBSUB_UNAUTHORIZED` if the peer says who it is and is not known. */
  constructor(broker: Broker, channel: ServerChannel, peer: Peer, options: ConnectionOptions) {
    this.label = peer.label;
    this.#broker = broker;
    this.#channel = channel;
    this.#options = options;
    const { isTrusted } = options;
    if (isTrusted || peer.clientId !== undefined) {
      this.#identity = broker.access.admit(peer.clientId, isTrusted);
      this.#isBound = peer.clientId !== undefined;
    }
  }

  get clientId(): string | undefined {
    return this.#identity?.clientId;
  }

  receive(messages: readonly ClientMessage[]): void {
    for (const message of messages) {
      if (!this.isOpen) return;
      switch (message.kind) {
        case 'publishes':
          this.#publishes(message);
          break;
        case 'request':
          this.#request(message);
          break;
        case 'malformed':
          this.#answer(message.id, () => {
            throw new PubSubError('ERR_PUBSUB_PROTOCOL', message.problem);
          });
          break;
      }
    }
  }

  closed(end: ChannelEnd): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#outgoing = undefined;
    this.#told = undefined;
    this.#forget(end.error?.message ?? 'it closed its link', true);
  }

  drained(): void {
    if (this.isOpen) this.#catchUp();
  }

  stale(isStale: boolean): void {
    if (!this.isOpen || isStale === this.#isStale) return;
    this.#isStale = isStale;
    this.#broker.conditions.stale += isStale ? 1 : -1;
    this.#broker.log('%s %s', this.label, isStale ? 'gives no sign of life' : 'gives a sign of life again');
  }

  deliver(columns: Columns): void {
    if (!this.isOpen) return;
    if (this.#isBehind()) {
      this.#miss(columns);
      return;
    }
    this.#sealTold();
    this.#broker.counters.delivered += columns.lengths.length;
    this.#say({ kind: 'events', columns }, columns.lengths.length, columns.values.length);
  }

  tell(told: Told, length: number): void {
    if (!this.isOpen) return;
    if (this.#told !== told) {
      if (this.#isBehind()) {
        // The next one may be for this connection, but none that it has missed.
        told.seal();
        this.#miss({ names: [told.name], values: '', lengths: [length] });
        return;
      }
      this.#sealTold();
      this.#told = told;
      this.#tellAt = this.#outgoing?.length ?? 0;
      // Its place; what it holds is known when it is sent.
      this.#say({ kind: 'events', columns: noColumns }, 0);
    }
    this.#broker.counters.delivered += 1;
    this.#grow(1, length);
  }

  flush(): void {
    this.#sealTold();
    const messages = this.#outgoing;
    if (messages === undefined || !this.isOpen) return;
    this.#outgoing = undefined;
    this.#outgoingCount = 0;
    this.#outgoingLength = 0;
    try {
      this.#channel.send(messages);
    } catch (error) {
      // Channels do not throw; if a third party's does, only its own client may suffer.
      this.closed({ isFinal: false, error: toPubSubError(error) });
      this.#closeChannel();
    }
  }

  tellMissed(): void {
    this.#sealTold();
    for (const missed of this.#missed?.take(this.#broker.limits.batchMessages) ?? []) {
      this.#broker.counters.gaps += 1;
      this.#say(missed);
    }
  }

  /** Ends the connection from this side, after what is still to be said. */
  end(reason: string): void {
    if (!this.isOpen) return;
    this.tellMissed();
    this.flush();
    // A channel that fails has ended it meanwhile.
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#closeChannel();
    this.#forget(reason, false);
  }

  /** Puts what it was told in its place: nothing is added any more. */
  #sealTold(): void {
    const told = this.#told;
    if (told === undefined) return;
    this.#told = undefined;
    const message: ServerMessage = { kind: 'events', columns: told.columns };
    this.#outgoing?.splice(this.#tellAt, 1, message);
  }

  #isBehind(): boolean {
    return !this.#catchUp() || this.#channel.backlog >= fullBacklog;
  }

  /** @returns whether it keeps up, now at least. */
  #catchUp(): boolean {
    if (this.#missed === undefined) return true;
    if (this.#channel.backlog > lowBacklog) return false;
    this.tellMissed();
    this.#leaveBehind();
    this.#broker.log('%s keeps up again', this.label);
    return true;
  }

  #miss(columns: Columns): void {
    // What comes later must not come to stand before the gap.
    this.#sealTold();
    this.#broker.counters.missed += columns.lengths.length;
    if (this.#missed === undefined) {
      this.#broker.log('%s does not keep up', this.label);
      if (this.#options.overflow === 'disconnect' || !this.#channel.takesGaps) {
        this.end('it did not keep up');
        return;
      }
      this.#missed = new MissedEvents();
      this.#broker.conditions.behind += 1;
    }
    this.#missed.add(columns);
  }

  /** It is behind no more, if it was. */
  #leaveBehind(): void {
    if (this.#missed === undefined) return;
    this.#missed = undefined;
    this.#broker.conditions.behind -= 1;
  }

  #forget(reason: string, isGone: boolean): void {
    this.#leaveBehind();
    if (this.#isStale) this.#broker.conditions.stale -= 1;
    this.#broker.forget(this, reason, isGone);
  }

  #closeChannel(): void {
    try {
      this.#channel.close();
    } catch {
      this.#broker.log('the channel of %s does not close', this.label);
    }
  }

  #publishes({ first, columns }: Publishes): void {
    const count = columns.lengths.length;
    try {
      const listeners = this.#broker.publish(this, this.#identify(undefined), columns);
      this.#say({ kind: 'published', first, listeners });
    } catch (error) {
      if (count > 1 && !this.#broker.allows(columns)) this.#publishEach(first, columns);
      else this.#say({ kind: 'refused', first, count, failure: this.#refuse('publish', error, count) });
    }
  }

  /** Something in the batch is refused; nothing else in it may suffer for that. */
  #publishEach(first: number, columns: Columns): void {
    let id = first;
    for (const event of separateEvents(columns)) {
      this.#answer(id++, () => {
        const [, listeners] = this.#broker.publish(this, this.#identify(undefined), event);
        return { listeners };
      });
    }
  }

  #request({ id, clientId, method, params }: Request): void {
    this.#respond(id, () => this.#broker.call(this, this.#identify(clientId), method, params));
  }

  /** Answers a request, now or later, and says whose it was. */
  #respond(id: RequestId, carryOut: () => Result | Later): void {
    this.#answer(id, () => {
      const result = carryOut();
      if (!(result instanceof Later)) return { ...result, client_id: this.clientId };
      this.#respondLater(id, result);
      return undefined;
    });
  }

  /** Says what `carryOut` returns or throws, unless that is nothing. */
  #answer(id: RequestId, carryOut: () => Result | undefined): void {
    if (!this.isOpen) return;
    try {
      const result = carryOut();
      if (result !== undefined) this.#say({ kind: 'response', id, ok: true, result }, 1, lengthOf(result));
    } catch (error) {
      this.#say({ kind: 'response', id, ok: false, failure: this.#refuse('request', error, 1) });
    }
  }

  #respondLater(id: RequestId, { begin }: Later): void {
    let isAnswered = false;
    const answer = (finish: () => Result | Later): void => {
      if (isAnswered) return;
      isAnswered = true;
      this.#respond(id, finish);
    };
    try {
      begin(answer);
    } catch (error) {
      answer(() => {
        throw error;
      });
    }
  }

  /** Who asks. A connection is bound to the first identity that it uses. */
  #identify(clientId: string | undefined): Identity {
    const identity = this.#identity;
    if (identity !== undefined && (clientId === undefined || clientId === identity.clientId)) {
      this.#isBound = true;
      return identity;
    }
    if (this.#isBound) throw unauthorized();
    const admitted = this.#broker.access.admit(clientId, this.#options.isTrusted);
    this.#identity = admitted;
    this.#isBound = true;
    this.#broker.log('%s is client %s', this.label, digest(admitted.clientId));
    return admitted;
  }

  #refuse(what: string, error: unknown, count: number): Failure {
    const { code, message } = toPubSubError(error);
    this.#broker.counters.refused += count;
    this.#broker.log('refused a %s of %s: %s', what, this.label, code);
    return { code, message };
  }

  #say(message: ServerMessage, count = 1, length = 0): void {
    if (!this.isOpen) return;
    if (this.#outgoing === undefined) {
      this.#outgoing = [message];
      flushAtEndOfTurn(this);
    } else {
      this.#outgoing.push(message);
    }
    this.#grow(count, length);
  }

  #grow(count: number, length: number): void {
    this.#outgoingCount += count;
    this.#outgoingLength += length;
    const { batchLength, batchMessages } = this.#broker.limits;
    if (this.#outgoingLength >= batchLength || this.#outgoingCount >= batchMessages) this.flush();
  }
}

/** The characters of the values that an answer brings. */
function lengthOf(result: Result): number {
  let length = 0;
  for (const value of Object.values(result)) if (typeof value === 'string') length += value.length;
  return length;
}

/** A failure that may be told to a peer: ours as they are; anything else is a defect, told without its details. */
function toPubSubError(error: unknown): PubSubError {
  if (error instanceof PubSubError && isPubSubErrorCode(error.code)) return error;
  return new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server failed to carry out the request', {
    cause: error,
  });
}
