/**
 * What a server needs from a transport: connections, one by one, as channels.
 *
 * Guarantees of an adapter:
 *
 * - Nothing is accepted before `start` nor after `close`.
 * - What must be in place for early clients is in place when `start` returns, before its promise resolves.
 * - It feeds each accepted connection by the guarantees of a channel (`protocol/channel.ts`), and a peer that
 *   ends, however it ends, is told once.
 * - It contains no pub/sub logic: it neither reads nor answers a request.
 */
import type { ChannelHandlers, ServerChannel } from '../protocol/channel.js';
import type { Limits, TurnedAway } from '../protocol/limits.js';
import type { ClientMessage } from '../protocol/messages.js';

/** A source of connections. Third parties may write their own. */
export interface Adapter {
  /** For logs and errors: `ipc`, `memory`, ... */
  readonly name: string;
  /** Whether its peers are inside the trust boundary, and so need no registered id. */
  readonly isTrusted: boolean;
  /** Begins to accept connections into `server`. Called once. */
  start(server: AdapterHost): void | Promise<void>;
  /** Stops accepting and frees what it took. The server has closed every channel by then; it may not have been started. */
  close(): void | Promise<void>;
}

/** What an adapter knows of its server. */
export interface AdapterHost {
  /** Names this run of the server. Random, the same on every transport. */
  readonly epoch: string;
  readonly limits: Limits;
  /**
   * Takes a new connection in.
   *
   * @throws PubSubError `ERR_PUBSUB_UNAUTHORIZED` if the peer says who it is and is not known,
   * `ERR_PUBSUB_LIMIT` if there are too many connections, `ERR_PUBSUB_CLOSED` if the server ends.
   */
  accept(channel: ServerChannel, peer: Peer): Accepted;
  /** Counts, in the server's `stats()`, that somebody went beyond a limit that the adapter keeps. */
  turnedAway(limit: TurnedAway): void;
}

/** What an adapter knows of who connects. */
export interface Peer {
  /** Names the peer in logs; must hold no secret. */
  readonly label: string;
  /** Who the peer says it is, where the transport's handshake tells. */
  readonly clientId: string | undefined;
}

/** A connection as its adapter sees it: feed it. */
export interface Accepted extends ChannelHandlers<ClientMessage> {
  /** The id under which the server knows the client, once it does. */
  readonly clientId: string | undefined;
  /**
   * To be called where the channel's backlog has fallen: at half of what may wait, one that was behind is told what
   * it has missed. Without this call it is told with the next event that is for it.
   */
  drained(): void;
  /** Whether the client's process gives a sign of life. To be called where that changes, if the adapter looks. */
  stale(isStale: boolean): void;
}
