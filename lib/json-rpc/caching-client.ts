/**
 * `JsonRpcClient` as `clustercast/json-rpc` exports it: with replicas of state, and caches.
 */
import type { StateTypes } from '../state/client/api.js';
import type { CacheClient } from '../state/client/caches/api.js';
import { CachingClient } from '../state/client/caching-client.js';
import { clientLike, type JsonRpcClientOptions } from './client.js';
import type { TextDialer } from './text-channel.js';

/**
 * A client of a remote server. Connects by itself, and again after each loss, at growing and random intervals of up
 * to 10 seconds: its subscriptions and replicas are restored then, and a `gap` is told, since what came meanwhile was missed. A
 * request that was under way is not sent again, and rejects with `ERR_PUBSUB_OUTCOME_UNKNOWN`.
 *
 * @example
 * ```ts
 * const client = new JsonRpcClient(process.env.SYNC_ID, tcp.connect({ port: 7000 }));
 * ```
 */
export interface JsonRpcClient<
  Events = Record<string, unknown>,
  State extends StateTypes = StateTypes,
> extends CacheClient<Events, State> {}

interface JsonRpcClientConstructor {
  /**
   * @param id of a registered client, a secret; `null` where the server trusts the medium.
   * @param dialer such as `tcp.connect()`, `unix.connect()` or `webSocket.connect()`.
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for an id, a dialer or an option that is none.
   */
  new <Events = Record<string, unknown>, State extends StateTypes = StateTypes>(
    id: string | null,
    dialer: TextDialer,
    options?: JsonRpcClientOptions,
  ): JsonRpcClient<Events, State>;
}

export const JsonRpcClient: JsonRpcClientConstructor = clientLike(
  CachingClient,
) as unknown as JsonRpcClientConstructor;
