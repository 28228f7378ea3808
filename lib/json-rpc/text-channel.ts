/**
 * What JSON-RPC needs of a medium: ordered two-way pipes of texts, where a server gets them from, and how a client
 * opens one. TCP, Unix sockets and WebSockets have these ready-made; anything else of this shape works too.
 *
 * Guarantees of a pipe, which its medium gives and its user relies on:
 *
 * - **Order.** Texts arrive in the order of their `send`, none twice; each as a whole or not at all.
 * - **No surprise.** No method throws, blocks, or calls a handler before it returns.
 * - **Loss is the end.** A pipe that cannot deliver a text ends; it never skips one.
 * - **End.** `closed` is called exactly once where the other side or the medium ended, and no handler after it.
 *   After `close()` or `destroy()` of this side no handler is called at all, but `gone` where it is a server's.
 */
import type { Limits, TurnedAway } from '../protocol/limits.js';

/** One end of a pipe, to speak into. */
export interface TextChannel {
  /**
   * Says `texts`, in order. They are not changed afterwards, and many pipes may be given the same array: what a
   * medium makes of it, it may keep by the array and use again.
   */
  send(texts: readonly string[]): void;
  /** Ends the pipe after what was said, within five seconds. A second call does nothing. */
  close(): void;
  /** Ends it now; what the medium has not taken is dropped. */
  destroy(): void;
  /** Bytes that were said and that the medium has not taken yet; 0 where it cannot tell. */
  readonly backlog: number;
  /** Stops listening, so that the other side has to wait; what was on its way may still come. */
  pause(): void;
  resume(): void;
  /** Asks the other side for a sign of life that needs no reading, where the medium has such a thing. */
  ping?(): void;
  /** Whether the pipe keeps the process alive, where it could. Default: it does. */
  ref?(): void;
  unref?(): void;
}

/** What one end hears. */
export interface TextHandlers {
  /** Longest text that may come now, in bytes. May grow: to be asked each time. */
  readonly frameBytes: number;
  receive(texts: readonly string[]): void;
  /** The medium has taken all that was said, after it had not for a while. */
  drained?(): void;
  /** Something came that is no text, such as the answer to a ping. */
  heard?(): void;
  /**
   * A text is longer than it may be, or has begun and not come to its end in time. The medium delivers nothing
   * more; the handler ends the pipe.
   */
  exceeded(limit: 'frameBytes' | 'frameTime'): void;
  closed(error?: Error): void;
  /**
   * Nothing is left of the pipe, whichever side has ended it. A server's medium calls it once, after all others:
   * until then it counts as a connection.
   */
  gone?(): void;
}

/** Where a server gets its pipes from. */
export interface TextSource {
  /** For logs and errors: `tcp`, `unix`, `websocket`, ... */
  readonly name: string;
  /** Begins to accept; resolves when it does. Called once. */
  start(host: TextHost): void | Promise<void>;
  /** Stops accepting; resolves when every pipe has ended, each of which has been closed by then. */
  close(): void | Promise<void>;
}

/** What a source knows of its server. */
export interface TextHost {
  readonly limits: Limits;
  /**
   * Which limit keeps a peer from `address` from connecting now; `undefined` where none does.
   *
   * @param address of the peer, where the medium has such a thing.
   */
  refusal(address: string | undefined): 'connections' | 'connectionsPerAddress' | undefined;
  /** Takes a pipe in, for which `refusal` was asked in this very turn. */
  accept(channel: TextChannel, peer: TextPeer): TextHandlers;
  /** Counts, in the server's `stats()`, one who was turned away. */
  turnedAway(limit: TurnedAway): void;
}

/** What a source knows of who connects. */
export interface TextPeer {
  /** Names the peer in logs; must hold no secret. */
  readonly label: string;
  readonly address: string | undefined;
}

/** How a client opens a pipe, each time it needs one. */
export interface TextDialer {
  /** Where to, for errors and logs; must hold no secret. */
  readonly target: string;
  /** Begins to open one, once. No handler is called before this returns; then `opened` or `closed` is. */
  open(handlers: DialHandlers, limits: Limits): TextChannel;
}

export interface DialHandlers extends TextHandlers {
  /** Called once, before anything is received. What was said before it is lost. */
  opened(): void;
}
