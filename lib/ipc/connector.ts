/**
 * A worker's way to the server in its primary. Outlives the server: after its end it asks for the next one.
 */
import type { Capability } from '../protocol/capabilities.js';
import type { Channel, Connector, ConnectorHandlers } from '../protocol/channel.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientMessage } from '../protocol/messages.js';
import { IpcChannel } from './client-channel.js';
import type { Ports } from './ports.js';
import { processPorts } from './process-pipe.js';

export interface IpcConnectorOptions {
  readonly clientId: string | undefined;
  readonly limits: Limits;
  /** What to offer to the server. Default: all that this version can do. */
  readonly capabilities?: readonly Capability[];
  /** Of the process. Default: of this one. */
  readonly ports?: Ports;
}

export class IpcConnector implements Connector {
  readonly #options: IpcConnectorOptions;
  readonly #ports: Ports;

  constructor(options: IpcConnectorOptions) {
    this.#options = options;
    this.#ports = options.ports ?? processPorts;
    this.#ports.hold(this);
  }

  get silence(): string {
    if (process.env['pm_id'] !== undefined) {
      return (
        "under PM2's cluster mode the primary is PM2's own process, where no server runs; " +
        'start the application in fork mode and let it call cluster.fork() itself'
      );
    }
    return 'is startPrimary() called in the primary process that forked this worker?';
  }

  open(handlers: ConnectorHandlers): Channel<ClientMessage> {
    const { clientId, limits, capabilities } = this.#options;
    return new IpcChannel(handlers, {
      clientId,
      limits,
      capabilities,
      ports: this.#ports,
      ended: () => this.#ports.forget(this),
    });
  }

  ref(): void {
    this.#ports.hold(this);
  }

  unref(): void {
    this.#ports.release(this);
  }
}
