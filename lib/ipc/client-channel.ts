/**
 * One link of a worker to the server in its primary: draws a port, says hello until it is answered, then speaks
 * under the id that it was given; tells how much it has taken, and watches that the primary lives.
 */
import { holdProcess } from '../client/timeout.js';
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { readServerBatch, spellClientBatch } from '../protocol/batch.js';
import { negotiate, ownCapabilities, type Capability } from '../protocol/capabilities.js';
import type { Channel, ConnectorHandlers, Window } from '../protocol/channel.js';
import { readFailure, readServerMessage, spellClientMessage } from '../protocol/documented.js';
import { isCount, isObject } from '../protocol/guards.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientMessage, ServerMessage } from '../protocol/messages.js';
import { randomId } from '../protocol/random.js';
import { hello, seal, type ToClient } from './envelope.js';
import { Liveness } from './liveness.js';
import type { Ports } from './ports.js';
import { ReceivedWindow } from './window.js';

/** Between two hellos, in milliseconds: doubled each time, up to the last. */
const firstRepeat = 50;
const lastRepeat = 1_000;

const log = debugLog('ipc');

export interface IpcChannelOptions {
  readonly clientId: string | undefined;
  readonly limits: Limits;
  /** What to offer to the server. Default: all that this version can do. */
  readonly capabilities: readonly Capability[] | undefined;
  readonly ports: Ports;
  /** Called when there is nobody left to open another channel. */
  readonly ended: () => void;
}

export class IpcChannel implements Channel<ClientMessage> {
  readonly #port = randomId();
  readonly #handlers: ConnectorHandlers;
  readonly #options: IpcChannelOptions;
  readonly #offered: readonly Capability[];
  readonly #ports: Ports;
  /** Given by the server. */
  #id: string | undefined;
  #isBatching = false;
  /** Where the server wants to know how much was taken. */
  #received: ReceivedWindow | undefined;
  #isOver = false;
  #repeat = firstRepeat;
  #helloTimer: ReturnType<typeof setTimeout> | undefined;
  #lookTimer: ReturnType<typeof setInterval> | undefined;

  constructor(handlers: ConnectorHandlers, options: IpcChannelOptions) {
    this.#handlers = handlers;
    this.#options = options;
    this.#offered = options.capabilities ?? ownCapabilities;
    this.#ports = options.ports;
    this.#ports.open(this.#port, {
      receive: (envelope) => this.#receive(envelope),
      disconnected: () => this.#disconnected(),
    });
    if (this.#ports.isConnected) this.#greet();
    else queueMicrotask(() => this.#disconnected());
  }

  send(messages: readonly ClientMessage[]): void {
    const id = this.#id;
    if (id === undefined || this.#isOver || messages.length === 0) return;
    try {
      if (this.#isBatching) {
        this.#ports.send(seal({ id, ...this.#ack(), batch: spellClientBatch(messages) }));
      } else {
        for (const message of messages.flatMap(spellClientMessage)) {
          this.#ports.send(seal({ id, ...this.#ack(), message }));
        }
      }
    } catch (cause) {
      // A value may be nested too deeply for the channel's serialization, and the channel skips nothing.
      const error = new PubSubError('ERR_PUBSUB_SERIALIZE', 'a value cannot be sent over IPC', { cause });
      this.#finish();
      this.#ports.send(seal({ id, bye: true }));
      queueMicrotask(() => this.#handlers.closed({ isFinal: false, error }));
    }
  }

  close(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#options.ended();
    // A hello may be on its way that the server will answer; what follows it on the channel undoes it.
    this.#ports.send(
      seal(this.#id === undefined ? { port: this.#port, bye: true } : { id: this.#id, bye: true }),
    );
  }

  #greet(): void {
    this.#ports.send(hello(this.#port, this.#options.clientId, this.#offered));
    this.#helloTimer = setTimeout(() => this.#greet(), this.#repeat);
    // No reason of its own to live: while the channel is held, so is the process.
    holdProcess(this.#helloTimer, false);
    this.#repeat = Math.min(this.#repeat * 2, lastRepeat);
  }

  #receive(envelope: ToClient): void {
    const { limits } = this.#options;
    if ('welcome' in envelope) {
      if (this.#id === undefined) this.#welcomed(envelope.welcome);
    } else if (this.#id === undefined) {
      log('something was said before the welcome');
    } else if ('batch' in envelope) {
      this.#take(readServerBatch(envelope.batch, limits));
    } else if ('message' in envelope) {
      this.#take([readServerMessage(envelope.message, limits)]);
    } else if ('ping' in envelope) {
      this.#acknowledge();
    } else {
      this.#received?.add([]);
      this.#acknowledge();
      this.#finish();
      this.#handlers.closed({ isFinal: false });
    }
  }

  #take(messages: readonly ServerMessage[]): void {
    this.#handlers.receive(messages);
    this.#received?.add(messages);
    if (this.#received?.isDue === true && !this.#isOver) this.#acknowledge();
  }

  /** What is to be said of what was taken, with something else. */
  #ack(): { readonly ack?: number } {
    return this.#received?.isNews === true ? { ack: this.#received.tell() } : {};
  }

  /** Says it by itself: it is due, or the server asks for a sign of life. */
  #acknowledge(): void {
    if (this.#id !== undefined && this.#received !== undefined) {
      this.#ports.send(seal({ id: this.#id, ack: this.#received.tell() }));
    }
  }

  #welcomed(welcome: Readonly<Record<string, unknown>>): void {
    clearTimeout(this.#helloTimer);
    const { id, client_id: clientId, epoch } = welcome;
    if (welcome['status'] !== true || typeof id !== 'string') {
      const { code = 'ERR_PUBSUB_PROTOCOL', message } = readFailure(
        welcome['code'],
        welcome['error_message'],
      );
      this.#finish();
      // A server that ends may be followed by another one; any other refusal would come again.
      const isFinal = code !== 'ERR_PUBSUB_CLOSED';
      if (isFinal) this.#options.ended();
      this.#handlers.closed({ isFinal, error: new PubSubError(code, message) });
      return;
    }
    this.#id = id;
    const capabilities = negotiate(welcome['capabilities'], this.#offered);
    this.#isBatching = capabilities.includes('batch');
    const window = capabilities.includes('ack') ? this.#beWatched(welcome) : undefined;
    log('port %s is open', this.#port);
    this.#handlers.opened({
      epoch: typeof epoch === 'string' ? epoch : undefined,
      clientId: typeof clientId === 'string' ? clientId : undefined,
      capabilities,
      window,
    });
  }

  /**
   * The server gives a sign of life in each of its heartbeats, and wants to know how much was taken of its window,
   * which is returned.
   */
  #beWatched({ window: told, heartbeat_time }: Readonly<Record<string, unknown>>): Window {
    const { limits } = this.#options;
    const { messages, length } = isObject(told) ? told : {};
    const window: Window = {
      messages: isCount(messages) ? messages : limits.windowMessages,
      length: isCount(length) ? length : limits.windowLength,
    };
    this.#received = new ReceivedWindow(window);
    const heartbeatTime =
      isCount(heartbeat_time) && heartbeat_time > 0 ? heartbeat_time : limits.heartbeatTime;
    const liveness = new Liveness({ heartbeatTime, staleTime: limits.staleTime }, (isStale) =>
      this.#handlers.stale(isStale),
    );
    let { heard } = this.#ports;
    this.#lookTimer = setInterval(() => {
      if (this.#ports.heard > heard) liveness.heard();
      ({ heard } = this.#ports);
      liveness.look();
    }, heartbeatTime);
    holdProcess(this.#lookTimer, false);
    return window;
  }

  #disconnected(): void {
    if (this.#isOver) return;
    this.#finish();
    this.#options.ended();
    const error = new PubSubError('ERR_PUBSUB_CLOSED', "the process's IPC channel to its primary is closed");
    this.#handlers.closed({ isFinal: true, error });
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#helloTimer);
    clearInterval(this.#lookTimer);
    this.#ports.close(this.#port);
  }
}
