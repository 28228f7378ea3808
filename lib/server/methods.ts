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
  /** Until the connection has ended. */
  readonly isOpen: boolean;
}

/**
 * Carries out one request, synchronously, so that requests take effect in the order of their arrival. What
 * it returns is the `result` of the response, or says that this comes {@link Later}.
 *
 * @throws PubSubError with the code that the client is to see. Anything else that it throws reaches the
 * client as `ERR_PUBSUB_PROTOCOL`, without details.
 */
export type Method = (caller: Caller, identity: Identity, params: Params) => Result | Later;

/**
 * Gives the answer to a request that cannot be answered yet: carries out what is left of it, and says what that returns
 * or throws, before anything else can be said to its client. To be called once; where the client is gone it does nothing.
 */
export type Answer = (carryOut: () => Result | Later) => void;

/** What a method returns whose answer comes later. */
export class Later {
  readonly begin: (answer: Answer) => void;

  /** @param begin is called at once, in the order of the requests, with what gives the answer. */
  constructor(begin: (answer: Answer) => void) {
    this.begin = begin;
  }
}
