/**
 * A client's link to its server: one channel at a time, opened again after a loss, and the requests that
 * travel on it. What is asked during a turn is sent together when the turn ends. Knows nothing of
 * subscriptions.
 */
import { PubSubError } from '../errors.js';
import type { Channel, ChannelEnd, Connector, Welcome } from '../protocol/channel.js';
import type { Columns } from '../protocol/columns.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientMessage, Failure, Missed, ServerMessage } from '../protocol/messages.js';
import { flushAtEndOfTurn, type Flushable } from '../protocol/turn.js';
import { holdProcess } from './timeout.js';
import { Requests, type AddOptions, type Ask, type Outcome } from './requests.js';

/** Who is told what becomes of a link. */
export interface LinkHost {
  /** A channel is open; what was queued is sent after this. */
  opened(welcome: Welcome): void;
  /** The channel was lost, and another one is being opened. */
  lost(error: PubSubError | undefined): void;
  /** It is over; nothing is called after this. Without an error it was closed from this side. */
  ended(error: PubSubError | undefined): void;
  /** No server has answered in time. The link goes on trying. */
  unanswered(error: PubSubError): void;
  events(columns: Columns): void;
  /** The server will not send some events that should have been here. */
  skipped(missed: Missed): void;
  /** The server gives no sign of life, or one again. A link that is lost is neither. */
  stale(isStale: boolean): void;
  failed(error: PubSubError): void;
}

export class Link implements Flushable {
  readonly #connector: Connector;
  readonly #host: LinkHost;
  readonly #requests: Requests;
  #channel: Channel<ClientMessage> | undefined;
  #state: 'opening' | 'open' | 'ended' = 'opening';
  /** Whether this side has begun to close: nothing more may be asked. */
  #isClosing = false;
  #willFlush = false;
  #handshakeTimer: ReturnType<typeof setTimeout> | undefined;
  #endError: PubSubError | undefined;

  constructor(connector: Connector, host: LinkHost, limits: Limits, timeout: number) {
    this.#connector = connector;
    this.#host = host;
    this.#requests = new Requests(limits, (waited) => this.#silence(waited));
    this.#handshakeTimer = setTimeout(() => host.unanswered(this.#silence(timeout)), timeout);
    this.#open();
  }

  /** How many requests have not ended. */
  get pending(): number {
    return this.#requests.count;
  }

  /** How many publishes were accepted. */
  get published(): number {
    return this.#requests.published;
  }

  /** @throws PubSubError `ERR_PUBSUB_CLOSED`, and what {@link Requests.add} throws. */
  ask(ask: Ask, outcome: Outcome, options: AddOptions): void {
    this.#assertOpen();
    this.#requests.add(ask, outcome, options);
    if (this.#state === 'open') this.#sendSoon();
  }

  /** Waits for room in the outbox. @throws PubSubError `ERR_PUBSUB_CLOSED`, and what {@link Requests.awaitRoom} throws. */
  awaitRoom(outcome: Outcome, options: AddOptions): void {
    this.#assertOpen();
    this.#requests.awaitRoom(outcome, options);
  }

  /** Ends the link once each request has. */
  close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    void this.#requests.drained().then(() => this.#end(undefined));
  }

  flush(): void {
    this.#willFlush = false;
    if (this.#state === 'open') this.#sendQueued();
  }

  ref(): void {
    this.#connector.ref();
    this.#requests.hold(true);
    holdProcess(this.#handshakeTimer, true);
  }

  unref(): void {
    this.#connector.unref();
    this.#requests.hold(false);
    holdProcess(this.#handshakeTimer, false);
  }

  #open(): void {
    const channel = this.#connector.open({
      opened: (welcome) => {
        if (this.#channel === channel) this.#opened(welcome);
      },
      receive: (messages) => {
        for (const message of messages) {
          // A handler may have ended the link.
          if (this.#channel === channel) this.#receive(message);
        }
      },
      stale: (isStale) => {
        if (this.#channel === channel) this.#host.stale(isStale);
      },
      closed: (end) => {
        if (this.#channel === channel) this.#lost(end);
      },
    });
    this.#channel = channel;
  }

  #opened(welcome: Welcome): void {
    clearTimeout(this.#handshakeTimer);
    this.#handshakeTimer = undefined;
    this.#state = 'open';
    this.#requests.link(welcome.window);
    this.#host.opened(welcome);
    this.#sendSoon();
  }

  #receive(message: ServerMessage): void {
    switch (message.kind) {
      case 'events':
        this.#host.events(message.columns);
        break;
      case 'missed':
        this.#host.skipped(message);
        break;
      case 'malformed':
        this.#host.failed(
          new PubSubError('ERR_PUBSUB_PROTOCOL', `the server sent nonsense: ${message.problem}`),
        );
        break;
      default:
        if (message.kind === 'response' && message.id === '' && !message.ok)
          this.#refusedUnread(message.failure);
        else this.#answered(message);
    }
  }

  #answered(answer: Parameters<Requests['answer']>[0]): void {
    this.#requests.answer(answer);
    // What there was no room for on the way.
    if (this.#requests.areQueued && this.#state === 'open') this.#sendSoon();
  }

  /** The server could not read which request it refuses. */
  #refusedUnread({ code = 'ERR_PUBSUB_PROTOCOL', message }: Failure): void {
    this.#host.failed(new PubSubError(code, message));
  }

  #lost({ isFinal, error }: ChannelEnd): void {
    this.#channel = undefined;
    const wasOpen = this.#state === 'open';
    this.#state = 'opening';
    if (wasOpen) this.#host.lost(error);
    if (isFinal) this.#requests.loseRoom(this.#closed());
    this.#requests.loseLink();
    if (isFinal)
      this.#end(error ?? new PubSubError('ERR_PUBSUB_CLOSED', 'the link to the server is gone for good'));
    else if (this.#state === 'opening') this.#open();
  }

  #end(error: PubSubError | undefined): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#endError = error;
    clearTimeout(this.#handshakeTimer);
    this.#channel?.close();
    this.#channel = undefined;
    // Before what is queued is given up, which would make room.
    this.#requests.loseRoom(this.#closed());
    if (error !== undefined) this.#requests.loseQueued(error);
    this.#host.ended(error);
  }

  #assertOpen(): void {
    if (this.#isClosing || this.#state === 'ended') throw this.#closed();
  }

  #closed(): PubSubError {
    return new PubSubError('ERR_PUBSUB_CLOSED', 'the client is closed', { cause: this.#endError });
  }

  #sendSoon(): void {
    if (this.#requests.fillsBatch) {
      this.#sendQueued();
    } else if (!this.#willFlush) {
      this.#willFlush = true;
      flushAtEndOfTurn(this);
    }
  }

  #sendQueued(): void {
    for (;;) {
      const messages = this.#requests.take();
      if (messages.length === 0) return;
      this.#channel?.send(messages);
    }
  }

  #silence(waited: number): PubSubError {
    return new PubSubError(
      'ERR_PUBSUB_NO_PRIMARY',
      `no server answered within ${waited} ms: ${this.#connector.silence}`,
    );
  }
}
