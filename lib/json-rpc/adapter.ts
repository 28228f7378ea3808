/**
 * The server's side of JSON-RPC: takes pipes from a source, one session each, and counts them, in all and by address.
 */
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import type { Adapter, AdapterHost } from '../server/adapter.js';
import { Session, type SessionHost } from './session.js';
import type { TextChannel, TextHandlers, TextPeer, TextSource } from './text-channel.js';

const log = debugLog('json-rpc');

export interface JsonRpcAdapterOptions {
  /**
   * Whether everybody who can connect is inside the trust boundary: they need no id then, and are bound by no rate.
   * Default: `false`.
   */
  readonly isTrusted?: boolean;
}

/**
 * Serves remote clients by JSON-RPC 2.0.
 *
 * @example
 * ```ts
 * await startPrimary({
 *   clients: [{ id: process.env.DASHBOARD_ID, canPublish: false }],
 *   adapters: [new JsonRpcAdapter(tcp.listen({ port: 7000 }))],
 * });
 * ```
 */
export class JsonRpcAdapter implements Adapter {
  readonly name: string;
  readonly isTrusted: boolean;
  readonly #source: TextSource;
  readonly #sessions = new Set<Session>();
  /** How many pipes there are: of sessions, and such as are still ending. */
  #pipes = 0;
  /** How many there are, by address. */
  readonly #addresses = new Map<string, number>();
  #silenceTimer: ReturnType<typeof setInterval> | undefined;

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for what is no source. */
  constructor(source: TextSource, { isTrusted = false }: JsonRpcAdapterOptions = {}) {
    if (typeof source?.start !== 'function' || typeof source.close !== 'function') {
      throw new PubSubError(
        'ERR_PUBSUB_INVALID_ARGUMENT',
        'a JsonRpcAdapter needs a source, such as tcp.listen()',
      );
    }
    if (typeof isTrusted !== 'boolean') {
      throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', 'isTrusted must be a boolean');
    }
    this.name = `json-rpc (${source.name})`;
    this.isTrusted = isTrusted;
    this.#source = source;
  }

  async start(host: AdapterHost): Promise<void> {
    const { limits } = host;
    this.#silenceTimer = setInterval(() => {
      for (const session of this.#sessions) session.checkSilence();
    }, limits.silenceTime).unref();
    const turnedAway = host.turnedAway.bind(host);
    const sessionHost: SessionHost = {
      epoch: host.epoch,
      limits,
      isTrusted: this.isTrusted,
      accept: host.accept.bind(host),
      turnedAway,
      ended: (session) => this.#sessions.delete(session),
      gone: ({ address }) => this.#count(address, -1),
    };
    await this.#source.start({
      limits,
      turnedAway,
      refusal: (address) => {
        if (this.#pipes >= limits.connections) return 'connections';
        const count = address === undefined ? 0 : (this.#addresses.get(address) ?? 0);
        return count >= limits.connectionsPerAddress ? 'connectionsPerAddress' : undefined;
      },
      accept: (channel, peer) => this.#accept(channel, peer, sessionHost),
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#silenceTimer);
    for (const session of this.#sessions) session.close();
    await this.#source.close();
  }

  #accept(channel: TextChannel, peer: TextPeer, host: SessionHost): TextHandlers {
    const session = new Session(channel, peer, host);
    this.#sessions.add(session);
    this.#count(peer.address, 1);
    log('connected: %s', peer.label);
    return session;
  }

  #count(address: string | undefined, change: 1 | -1): void {
    this.#pipes += change;
    if (address === undefined) return;
    const count = (this.#addresses.get(address) ?? 0) + change;
    if (count === 0) this.#addresses.delete(address);
    else this.#addresses.set(address, count);
  }
}
