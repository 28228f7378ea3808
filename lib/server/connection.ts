/**
 * One connected client, on the server: who it is, what it subscribes to, what it is to be told. Reads its
 * requests, has the broker carry them out, and answers each exactly once. Whatever goes wrong here stays here.
 */
import { isPubSubErrorCode, PubSubError } from '../errors.js';
import type { Channel, ChannelEnd } from '../protocol/channel.js';
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
import type { Topic } from './topics.js';

export class Connection implements Accepted, Member, Flushable {
  readonly label: string;
  readonly subscriptions: Map<number, Topic<Member>> = new Map<number, Topic<Member>>();
  readonly #broker: Broker;
  readonly #channel: Channel<ServerMessage>;
  readonly #isTrusted: boolean;
  #identity: Identity | undefined;
  /** Whether a request has been accepted as this identity's; from then on the connection is bound to it. */
  #isBound = false;
  #isOpen = true;
  /**
   * What is to be said when the turn ends. Made when needed: an empty list kept ready for each of many
   * connections is taken by V8 for a long-lived one, and then keeps what is put into it alive for long, too.
   */
  #outgoing: ServerMessage[] | undefined;
  /** Events and answers in it, and the length of their values. */
  #outgoingCount = 0;
  #outgoingLength = 0;

  /** @throws PubSubError `ERR_PUBSUB_UNAUTHORIZED` if the peer says who it is and is not known. */
  constructor(broker: Broker, channel: Channel<ServerMessage>, peer: Peer, isTrusted: boolean) {
    this.label = peer.label;
    this.#broker = broker;
    this.#channel = channel;
    this.#isTrusted = isTrusted;
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
      if (!this.#isOpen) return;
      switch (message.kind) {
        case 'publishes':
          this.#publishes(message);
          break;
        case 'request':
          this.#answer(message.id, () => this.#request(message));
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
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#outgoing = undefined;
    this.#broker.forget(this, end.error?.message ?? 'it closed its link');
  }

  deliver(columns: Columns): void {
    this.#broker.counters.delivered += columns.lengths.length;
    this.#say({ kind: 'events', columns }, columns.lengths.length, columns.values.length);
  }

  flush(): void {
    const messages = this.#outgoing;
    if (messages === undefined || !this.#isOpen) return;
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

  /** Ends the connection from this side, after what is still to be said. */
  end(reason: string): void {
    if (!this.#isOpen) return;
    this.flush();
    this.#isOpen = false;
    this.#closeChannel();
    this.#broker.forget(this, reason);
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

  #request({ clientId, method, params }: Request): Result {
    const identity = this.#identify(clientId);
    return { ...this.#broker.call(this, identity, method, params), client_id: identity.clientId };
  }

  #answer(id: RequestId, carryOut: () => Result): void {
    try {
      this.#say({ kind: 'response', id, ok: true, result: carryOut() });
    } catch (error) {
      this.#say({ kind: 'response', id, ok: false, failure: this.#refuse('request', error, 1) });
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
    const admitted = this.#broker.access.admit(clientId, this.#isTrusted);
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
    if (!this.#isOpen) return;
    if (this.#outgoing === undefined) {
      this.#outgoing = [message];
      flushAtEndOfTurn(this);
    } else {
      this.#outgoing.push(message);
    }
    this.#outgoingCount += count;
    this.#outgoingLength += length;
    const { batchLength, batchMessages } = this.#broker.limits;
    if (this.#outgoingLength >= batchLength || this.#outgoingCount >= batchMessages) this.flush();
  }
}

/** A failure that may be told to a peer: ours as they are; anything else is a defect, told without its details. */
function toPubSubError(error: unknown): PubSubError {
  if (error instanceof PubSubError && isPubSubErrorCode(error.code)) return error;
  return new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server failed to carry out the request', {
    cause: error,
  });
}
