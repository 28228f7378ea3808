/**
 * Clients in the server's own process, each by a linked pair of channel ends. Trusted.
 */
import type { PubSubClientOptions } from '../client/client.js';
import { PubSubError } from '../errors.js';
import { ownCapabilities } from '../protocol/capabilities.js';
import type { Channel, Connector, ConnectorHandlers } from '../protocol/channel.js';
import type { ClientMessage, ServerMessage } from '../protocol/messages.js';
import type { Adapter, AdapterHost } from '../server/adapter.js';
import type { StateTypes } from '../state/client/api.js';
import type { CacheClient } from '../state/client/caches/api.js';
import { CachingClient } from '../state/client/caching-client.js';
import { channelPair, type PairEnd } from './pair.js';

export interface MemoryClientOptions extends PubSubClientOptions {
  /** The id of a registered client, whose rights this one gets. Without it the client has every right. */
  readonly clientId?: string;
}

/**
 * Connects clients within one process.
 *
 * @example
 * ```ts
 * const memory = new MemoryAdapter();
 * const server = new Server([memory]);
 * const client = memory.connect(); // may come before the start: it waits
 * await server.start();
 * ```
 */
export class MemoryAdapter implements Adapter {
  readonly name = 'memory';
  readonly isTrusted = true;
  #host: AdapterHost | undefined;
  #isClosed = false;
  #clients = 0;
  /** Who asked before the start. */
  readonly #waiting = new Set<() => void>();

  start(host: AdapterHost): void {
    this.#host = host;
    this.#connectWaiting();
  }

  close(): void {
    this.#isClosed = true;
    this.#host = undefined;
    this.#connectWaiting();
  }

  /**
   * A client of this adapter's server. It needs no handshake beyond the server's start.
   *
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for bad options.
   */
  connect<Events = Record<string, unknown>, State extends StateTypes = StateTypes>({
    clientId,
    ...options
  }: MemoryClientOptions = {}): CacheClient<Events, State> {
    const connector: Connector = {
      open: (handlers) => this.#open(handlers, clientId),
      silence: 'its start() has not been called, or has not ended',
      ref: () => undefined,
      unref: () => undefined,
    };
    return new CachingClient(connector, options) as unknown as CacheClient<Events, State>;
  }

  #connectWaiting(): void {
    for (const connect of this.#waiting) queueMicrotask(connect);
    this.#waiting.clear();
  }

  #open(handlers: ConnectorHandlers, clientId: string | undefined): Channel<ClientMessage> {
    const [end, serverEnd] = channelPair<ClientMessage, ServerMessage>();
    end.handlers = handlers;
    const connect = (): void => this.#connect(end, serverEnd, handlers, clientId);
    if (this.#host === undefined && !this.#isClosed) {
      this.#waiting.add(connect);
    } else {
      queueMicrotask(connect);
    }
    return {
      send: (messages) => end.send(messages),
      close: () => {
        this.#waiting.delete(connect);
        end.close();
      },
    };
  }

  #connect(
    end: PairEnd<ClientMessage, ServerMessage>,
    serverEnd: PairEnd<ServerMessage, ClientMessage>,
    handlers: ConnectorHandlers,
    clientId: string | undefined,
  ): void {
    if (!end.isOpen) return;
    try {
      if (this.#host === undefined) throw new PubSubError('ERR_PUBSUB_CLOSED', 'the server is closed');
      const accepted = this.#host.accept(serverEnd, { label: `memory client ${++this.#clients}`, clientId });
      serverEnd.handlers = accepted;
      handlers.opened({
        epoch: this.#host.epoch,
        clientId: accepted.clientId,
        capabilities: ownCapabilities,
      });
    } catch (error) {
      serverEnd.end({ isFinal: true, error: error as PubSubError });
    }
  }
}
