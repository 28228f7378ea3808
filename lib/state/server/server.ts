/** The server with all wings of this package. */
import type { Adapter } from '../../server/adapter.js';
import {
  Server as CoreServer,
  type ServerOptions,
  type ServerStats as CoreStats,
} from '../../server/server.js';
import type { StateClientInfo } from './rights.js';
import { StateWing, type StateStats } from './wing.js';

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

  /** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a limit or an `overflow` that is none. */
  constructor(adapters: Iterable<Adapter> = [], options: ServerOptions = {}) {
    super(adapters, options);
    this.#state = this.addWing((host) => new StateWing(host));
  }

  override registerClient(client: StateClientInfo): this {
    return super.registerClient(client);
  }

  override stats(): ServerStats {
    return { ...super.stats(), state: this.#state.stats() };
  }
}
