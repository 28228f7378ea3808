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
   * Where what the server holds for its clients is loaded from when it starts, and saved as it changes. What clients ask of
   * it before it is loaded is answered then. `start()` also rejects with `ERR_PUBSUB_TIMEOUT` where it is not loaded in time,
   * `ERR_PUBSUB_INVALID_ARGUMENT` where it is none that was saved, `ERR_PUBSUB_LIMIT` where it is beyond a limit, and whatever
   * `load` throws; `close()` with `ERR_PUBSUB_TIMEOUT` where it is not saved in time, and whatever `save` throws. Default: it
   * ends with the server.
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
