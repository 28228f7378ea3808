/**
 * `JsonRpcClient` as `clustercast/browser/state` exports it: with replicas of state, and without caches, which are for those who load from a database.
 */
import type { StateClient, StateTypes } from '../state/client/api.js';
import { ReplicatingClient } from '../state/client/client.js';
import { clientLike, type JsonRpcClientOptions } from '../json-rpc/client.js';
import type { TextDialer } from '../json-rpc/text-channel.js';

/**
 * A client of a remote server. Connects by itself, and again after each loss, at growing and random intervals of up
 * to 10 seconds: its subscriptions and replicas are restored then, and a `gap` is told, since what came meanwhile was missed. A
 * request that was under way is not sent again, and rejects with `ERR_PUBSUB_OUTCOME_UNKNOWN`.
 *
 * @example
 * ```ts
 * const client = new JsonRpcClient(dashboardId, webSocket.connect('wss://app.example/sync'));
 * ```
 */
export interface JsonRpcClient<
  Events = Record<string, unknown>,
  State extends StateTypes = StateTypes,
> extends StateClient<Events, State> {}

interface JsonRpcClientConstructor {
  /**
   * @param id of a registered client, a secret; `null` where the server trusts the medium.
   * @param dialer such as `webSocket.connect()`.
   * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for an id, a dialer or an option that is none.
   */
  new <Events = Record<string, unknown>, State extends StateTypes = StateTypes>(
    id: string | null,
    dialer: TextDialer,
    options?: JsonRpcClientOptions,
  ): JsonRpcClient<Events, State>;
}

export const JsonRpcClient: JsonRpcClientConstructor = clientLike(
  ReplicatingClient,
) as unknown as JsonRpcClientConstructor;
