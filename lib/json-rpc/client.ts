/**
 * Clients of a server that is reached by JSON-RPC, whatever they can do beyond publish and subscribe.
 */
import type { ClientOptions } from '../client/api.js';
import type { PubSubClient, PubSubClientOptions } from '../client/client.js';
import { checkTimeout, defaultTimeout } from '../client/timeout.js';
import { PubSubError } from '../errors.js';
import type { Connector } from '../protocol/channel.js';
import { isId } from '../protocol/documented.js';
import { resolveLimits, type Limits } from '../protocol/limits.js';
import { JsonRpcConnector } from './connector.js';
import type { TextDialer } from './text-channel.js';

export interface JsonRpcClientOptions extends ClientOptions {
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<Limits>;
}

/** What is to be reached by JSON-RPC: any kind of client. */
type AnyClient = new (connector: Connector, options: PubSubClientOptions) => PubSubClient;

/** The constructor that users call, of a client like `Base`. */
export function clientLike(
  Base: AnyClient,
): new (id: string | null, dialer: TextDialer, options?: JsonRpcClientOptions) => PubSubClient {
  return class extends Base {
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
  };
}

function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
