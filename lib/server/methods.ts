/**
 * The table of methods that requests name. The documented three are in it from the start; a wing of the
 * package, or an application, adds its own before the server starts.
 */
import type { Params, Result } from '../protocol/messages.js';
import type { Identity } from './access.js';

/** Who calls a method: one connection, hence one client. */
export interface Caller {
  /** Names the connection in logs. */
  readonly label: string;
}

/**
 * Carries out one request, synchronously, so that requests take effect in the order of their arrival. What
 * it returns is the `result` of the response.
 *
 * @throws PubSubError with the code that the client is to see. Anything else that it throws reaches the
 * client as `ERR_PUBSUB_PROTOCOL`, without details.
 */
export type Method = (caller: Caller, identity: Identity, params: Params) => Result;
