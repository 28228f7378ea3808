/**
 * `JsonRpcClient`: the client of a server that is reached by JSON-RPC, in Node.js and in browsers.
 */
import type { Client, ClientOptions } from '../client/api.js';
import { PubSubClient } from '../client/client.js';
import { checkTimeout, defaultTimeout } from '../client/timeout.js';
import { PubSubError } from '../errors.js';
import { isId } from '../protocol/documented.js';
import { resolveLimits, type Limits } from '../protocol/limits.js';
import { JsonRpcConnector } from './connector.js';
import type { TextDialer } from './text-channel.js';

export interface JsonRpcClientOptions extends ClientOptions {
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<Limits>;
}

/**
 * A client of a remote server. Connects by itself, and again after each loss, at growing and random intervals of up
 * to 10 seconds: its subscriptions are restored then, and a `gap` is told, since what came meanwhile was missed. A
 * request that was under way is not sent again, and rejects with `ERR_PUBSUB_OUTCOME_UNKNOWN`.
 *
 * @example
 * ```ts
 * const client = new JsonRpcClient(process.env.SYNC_ID, tcp.connect({ port: 7000 }));
 * ```
 */
export interface JsonRpcClient<Events = Record<string, unknown>> extends Client<Events> {}

interface JsonRpcClientConstructor {
  /**
   * @param id of a registered client, a secret; `null` where the server trusts the medium.
   * @param dialer such as `tcp.connect()`, `unix.connect()` or `webSocket.connect()`.
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for an id, a dialer or an option that is none.
   */
  new <Events = Record<string, unknown>>(
    id: string | null,
    dialer: TextDialer,
    options?: JsonRpcClientOptions,
  ): JsonRpcClient<Events>;
}

export const JsonRpcClient: JsonRpcClientConstructor = class extends PubSubClient {
  constructor(id: string | null, dialer: TextDialer, options: JsonRpcClientOptions = {}) {
    const limits = resolveLimits(options.limits);
    if (id !== null && !isId(id, limits)) {
      throw invalid(`the id must be a string of 1 to ${limits.idLength} characters (idLength), or null`);
    }
    if (typeof dialer?.open !== 'function')
      throw invalid('a JsonRpcClient needs a dialer, such as tcp.connect()');
    const timeout = checkTimeout(options.timeout ?? defaultTimeout);
    super(new JsonRpcConnector({ clientId: id ?? undefined, dialer, limits, timeout }), options);
  }
} as unknown as JsonRpcClientConstructor;

function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
