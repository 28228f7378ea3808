/**
 * A worker's way to the server in its primary: draws a port, says hello until it is answered, then speaks
 * under the id that it was given. Outlives the server: after its end it says hello for the next one.
 */
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { readServerBatch, spellClientBatch } from '../protocol/batch.js';
import { negotiate, ownCapabilities, type Capability } from '../protocol/capabilities.js';
import type { Channel, Connector, ConnectorHandlers } from '../protocol/channel.js';
import { readFailure, readServerMessage, spellClientMessage } from '../protocol/documented.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientMessage } from '../protocol/messages.js';
import { randomId } from '../protocol/random.js';
import { hello, seal, type ToClient } from './envelope.js';
import {
  closePort,
  forgetHolder,
  holdProcess,
  openPort,
  releaseProcess,
  sendToPrimary,
} from './process-ports.js';

/** Between two hellos, in milliseconds: doubled each time, up to the last. */
const firstRepeat = 50;
const lastRepeat = 1_000;

const log = debugLog('ipc');

export interface IpcConnectorOptions {
  readonly clientId: string | undefined;
  readonly limits: Limits;
  /** What to offer to the server. Default: all that this version can do. */
  readonly capabilities?: readonly Capability[];
}

export class IpcConnector implements Connector {
  readonly #options: IpcConnectorOptions;

  constructor(options: IpcConnectorOptions) {
    this.#options = options;
    holdProcess(this);
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
    return new IpcChannel(handlers, this.#options, () => forgetHolder(this));
  }

  ref(): void {
    holdProcess(this);
  }

  unref(): void {
    releaseProcess(this);
  }
}

class IpcChannel implements Channel<ClientMessage> {
  readonly #port = randomId();
  readonly #handlers: ConnectorHandlers;
  readonly #options: IpcConnectorOptions;
  readonly #offered: readonly Capability[];
  /** Called when there is nobody left to open another channel. */
  readonly #ended: () => void;
  /** Given by the server. */
  #id: string | undefined;
  #isBatching = false;
  #isOver = false;
  #repeat = firstRepeat;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: ConnectorHandlers, options: IpcConnectorOptions, ended: () => void) {
    this.#handlers = handlers;
    this.#options = options;
    this.#offered = options.capabilities ?? ownCapabilities;
    this.#ended = ended;
    openPort(this.#port, {
      receive: (envelope) => this.#receive(envelope),
      disconnected: () => this.#disconnected(),
    });
    if (process.connected) this.#greet();
    else queueMicrotask(() => this.#disconnected());
  }

  send(messages: readonly ClientMessage[]): void {
    const id = this.#id;
    if (id === undefined || this.#isOver || messages.length === 0) return;
    try {
      if (this.#isBatching) {
        sendToPrimary(seal({ id, batch: spellClientBatch(messages) }));
      } else {
        for (const message of messages.flatMap(spellClientMessage)) sendToPrimary(seal({ id, message }));
      }
    } catch (cause) {
      // A value may be nested too deeply for the channel's serialization, and the channel skips nothing.
      const error = new PubSubError('ERR_PUBSUB_SERIALIZE', 'a value cannot be sent over IPC', { cause });
      this.#finish();
      sendToPrimary(seal({ id, bye: true }));
      queueMicrotask(() => this.#handlers.closed({ isFinal: false, error }));
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#ended();
    // A hello may be on its way that the server will answer; what follows it on the channel undoes it.
    sendToPrimary(
      seal(this.#id === undefined ? { port: this.#port, bye: true } : { id: this.#id, bye: true }),
    );
  }

  #greet(): void {
    sendToPrimary(hello(this.#port, this.#options.clientId, this.#offered));
    // No reason of its own to live: while the channel is held, so is the process.
    this.#timer = setTimeout(() => this.#greet(), this.#repeat).unref();
    this.#repeat = Math.min(this.#repeat * 2, lastRepeat);
  }

  #receive(envelope: ToClient): void {
    const { limits } = this.#options;
    if ('welcome' in envelope) {
      if (this.#id === undefined) this.#welcomed(envelope.welcome);
    } else if (this.#id === undefined) {
      log('something was said before the welcome');
    } else if ('batch' in envelope) {
      this.#handlers.receive(readServerBatch(envelope.batch, limits));
    } else if ('message' in envelope) {
      this.#handlers.receive([readServerMessage(envelope.message, limits)]);
    } else {
      this.#finish();
      this.#handlers.closed({ isFinal: false });
    }
  }

  #welcomed(welcome: Readonly<Record<string, unknown>>): void {
    clearTimeout(this.#timer);
    const { status, id, epoch, client_id: clientId } = welcome;
    if (status !== true || typeof id !== 'string') {
      const { code = 'ERR_PUBSUB_PROTOCOL', message } = readFailure(
        welcome['code'],
        welcome['error_message'],
      );
      this.#finish();
      // A server that ends may be followed by another one; any other refusal would come again.
      const isFinal = code !== 'ERR_PUBSUB_CLOSED';
      if (isFinal) this.#ended();
      this.#handlers.closed({ isFinal, error: new PubSubError(code, message) });
      return;
    }
    this.#id = id;
    const capabilities = negotiate(welcome['capabilities'], this.#offered);
    this.#isBatching = capabilities.includes('batch');
    log('port %s is open', this.#port);
    this.#handlers.opened({
      epoch: typeof epoch === 'string' ? epoch : undefined,
      clientId: typeof clientId === 'string' ? clientId : undefined,
      capabilities,
    });
  }

  #disconnected(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#ended();
    const error = new PubSubError('ERR_PUBSUB_CLOSED', "the process's IPC channel to its primary is closed");
    this.#handlers.closed({ isFinal: true, error });
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    closePort(this.#port);
  }
}
