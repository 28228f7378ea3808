/**
 * An ordered two-way pipe of messages between one client and one server, and what holds for each of them,
 * whatever carries it. Every transport supplies these; nothing above a transport knows which.
 *
 * Guarantees:
 *
 * - **Order.** Messages arrive in the order of their `send`, none twice; each as a whole or not at all.
 * - **No surprise.** `send` and `close` never throw, never block and never call a handler before they return.
 * - **Loss is the end.** A channel that cannot deliver a message ends; it never skips one.
 * - **Close.** What was sent before `close()` still arrives where the medium lives. After `close()` no handler
 *   of this side is called; the other side's `closed` is.
 * - **End.** `closed` is called exactly once where the other side or the medium ended, and nothing after it.
 *   A `send` after the end does nothing.
 */
import type { PubSubError } from '../errors.js';
import type { Capability } from './capabilities.js';
import type { ClientMessage, ServerMessage } from './messages.js';

/** One end of a pipe, to speak into. */
export interface Channel<Outgoing> {
  /** Says `messages`, in order. They must not be changed afterwards. */
  send(messages: readonly Outgoing[]): void;
  /** Ends the pipe. A second call does nothing. */
  close(): void;
}

/** The server's end, whose backlog is watched: who does not keep up gets no more events until it has caught up. */
export interface ServerChannel extends Channel<ServerMessage> {
  /**
   * How much was sent that the other side has not taken, as a part of what may wait for it: at 1 or more it
   * should be sent no more events, and at half of that it may be sent some again. 0 where nothing can wait.
   */
  readonly backlog: number;
  /** Whether the other side understands a gap. One that does not can only be told of a loss by the end of its link. */
  readonly takesGaps: boolean;
}

/** What one end hears. */
export interface ChannelHandlers<Incoming> {
  receive(messages: readonly Incoming[]): void;
  closed(end: ChannelEnd): void;
}

/** How a channel ended. */
export interface ChannelEnd {
  /** Whether its client must not open another one: it was refused, or nothing can ever answer again. */
  readonly isFinal: boolean;
  /** Why, where it is known. */
  readonly error?: PubSubError;
}

/** What a client learns when its channel opens. */
export interface Welcome {
  /** Names the run of the server; another one means that it has started anew. Absent where a transport has no handshake. */
  readonly epoch: string | undefined;
  /** The id under which the server knows the client, if the handshake told. */
  readonly clientId: string | undefined;
  readonly capabilities: readonly Capability[];
  /**
   * What the server lets wait for one of its clients, where it has told. One who had more than a part of it unanswered
   * could fill it for the others in a single turn.
   */
  readonly window?: Window | undefined;
}

/** What may be on its way to a client. */
export interface Window {
  /** Of the medium, each with all that was said in a turn. */
  readonly messages: number;
  /** The characters of the values in them, and {@link eventWeight} for each. */
  readonly length: number;
}

/** What an event costs besides its value, in characters, roughly. */
export const eventWeight = 16;

export interface ConnectorHandlers extends ChannelHandlers<ServerMessage> {
  /** Called once, before anything is received. */
  opened(welcome: Welcome): void;
  /** The server gives no sign of life, and may have told others what is not known here; or it gives one again. */
  stale(isStale: boolean): void;
}

/** A client's way to a server. */
export interface Connector {
  /**
   * Opens a channel, and keeps trying until `opened` or `closed` was called, or the channel is closed. No
   * handler is called before this returns. What is sent before `opened` is lost.
   */
  open(handlers: ConnectorHandlers): Channel<ClientMessage>;
  /** What to tell a user whose server does not answer: what was tried, and what may be wrong. */
  readonly silence: string;
  /** Lets the medium keep the process alive (the default), or not. */
  ref(): void;
  unref(): void;
}
