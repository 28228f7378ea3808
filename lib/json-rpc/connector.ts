/**
 * A client's way to a JSON-RPC server: one link after the other, and what they have in common.
 */
import type { Channel, Connector, ConnectorHandlers } from '../protocol/channel.js';
import type { ClientMessage } from '../protocol/messages.js';
import { Backoff } from './backoff.js';
import { ClientChannel, type ClientChannelOptions } from './client-channel.js';

export type JsonRpcConnectorOptions = Omit<ClientChannelOptions, 'backoff' | 'tellProblem'>;

export class JsonRpcConnector implements Connector {
  readonly #options: ClientChannelOptions;
  #holdsProcess = true;
  #channel: ClientChannel | undefined;
  #problem = 'nothing was heard from it';

  constructor(options: JsonRpcConnectorOptions) {
    const tellProblem = (problem: string): void => void (this.#problem = problem);
    this.#options = { ...options, backoff: new Backoff(), tellProblem };
  }

  get silence(): string {
    return `is a server listening at ${this.#options.dialer.target}? At the last attempt, ${this.#problem}`;
  }

  open(handlers: ConnectorHandlers): Channel<ClientMessage> {
    this.#channel = new ClientChannel(handlers, this.#options);
    this.#channel.hold(this.#holdsProcess);
    return this.#channel;
  }

  ref(): void {
    this.#holdsProcess = true;
    this.#channel?.hold(true);
  }

  unref(): void {
    this.#holdsProcess = false;
    this.#channel?.hold(false);
  }
}
