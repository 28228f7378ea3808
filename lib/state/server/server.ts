/** The server with all wings of this package. */
import type { Adapter } from '../../server/adapter.js';
import {
  Server as CoreServer,
  type ServerOptions as CoreOptions,
  type ServerStats as CoreStats,
} from '../../server/server.js';
import type { StateClientInfo } from './rights.js';
import type { StateOptions } from './persistence/store.js';
import { StateWing, type StateStats } from './wing.js';

export interface ServerOptions extends CoreOptions {
  /**
   * Where maps and retained values are loaded from at the start, and saved to as they change. Requests for them wait until
   * the load has ended. Default: they end with the server.
   *
   * `start()` also rejects with `ERR_PUBSUB_TIMEOUT` where the load takes too long, `ERR_PUBSUB_INVALID_ARGUMENT` for a text that
   * was not saved by this package or is truncated, `ERR_PUBSUB_LIMIT` for one beyond a limit, and whatever `load` throws; `close()`
   * with `ERR_PUBSUB_TIMEOUT` where a save takes too long, and whatever `save` throws.
   */
  readonly state?: StateOptions | undefined;
}

export interface ServerStats extends CoreStats {
  /** What the server holds for its clients now. */
  readonly state: StateStats;
}

/**
 * A pub/sub server over any number of adapters at once, that holds maps for its clients.
 *
 * @example
 * ```ts
 * const memory = new MemoryAdapter();
 * const server = new Server([memory]);
 * await server.start();
 * const client = memory.connect();
 * ```
 */
export class Server extends CoreServer {
  readonly #state: StateWing;

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a limit, an `overflow` or a `state` that is none. */
  constructor(adapters: Iterable<Adapter> = [], options: ServerOptions = {}) {
    super(adapters, options);
    this.#state = this.addWing((host) => new StateWing(host, options.state));
  }

  override registerClient(client: StateClientInfo): this {
    return super.registerClient(client);
  }

  override stats(): ServerStats {
    return { ...super.stats(), state: this.#state.stats() };
  }
}
