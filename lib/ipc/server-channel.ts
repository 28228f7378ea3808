/**
 * The server's end of one connection over IPC: spells what is said to its client in the form they have agreed on, and
 * knows how much of that the client has not taken.
 */
import { PubSubError } from '../errors.js';
import { readClientBatch, spellServerBatch } from '../protocol/batch.js';
import type { Capability } from '../protocol/capabilities.js';
import type { ChannelEnd, ServerChannel } from '../protocol/channel.js';
import { readRequest, spellServerMessage } from '../protocol/documented.js';
import type { Limits } from '../protocol/limits.js';
import type { ServerMessage } from '../protocol/messages.js';
import type { Accepted } from '../server/adapter.js';
import { seal, type Content, type ToServer } from './envelope.js';
import { SentWindow, weigh, windowOf } from './window.js';

/** A process's IPC channel, to speak into. */
export interface PrimaryPipe {
  /** Names the process in logs. */
  readonly label: string;
  /**
   * @param taken is called once the system has taken it on its way, which may be never.
   * @throws what cannot be serialized
   */
  send(envelope: object, taken: () => void): void;
}

export interface IpcServerChannelOptions {
  readonly id: string;
  readonly port: string;
  readonly capabilities: readonly Capability[];
  readonly limits: Limits;
  readonly pipe: PrimaryPipe;
  /** It is not to be fed any more. */
  readonly ended: () => void;
  /** And its client has taken all that was said, or never will. */
  readonly over: () => void;
}

export class IpcServerChannel implements ServerChannel {
  readonly id: string;
  readonly port: string;
  readonly capabilities: readonly Capability[];
  /** The server's side of it. To be set before it is fed. */
  accepted: Accepted | undefined;
  readonly #options: IpcServerChannelOptions;
  readonly #isBatching: boolean;
  readonly #isAcknowledged: boolean;
  readonly #sent: SentWindow;
  /** It ends when this side has said goodbye, and is over when that has arrived. */
  #state: 'open' | 'ending' | 'over' = 'open';

  constructor(options: IpcServerChannelOptions) {
    const { id, port, capabilities, limits } = options;
    this.id = id;
    this.port = port;
    this.capabilities = capabilities;
    this.#options = options;
    this.#isBatching = capabilities.includes('batch');
    this.#isAcknowledged = capabilities.includes('ack');
    this.#sent = new SentWindow(windowOf(limits));
  }

  get backlog(): number {
    return this.#sent.backlog;
  }

  get takesGaps(): boolean {
    return this.capabilities.includes('gap');
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether its client answers to a ping. */
  get answersPings(): boolean {
    return this.#isAcknowledged && this.isOpen;
  }

  ping(): void {
    this.#options.pipe.send(seal({ port: this.port, ping: true }), () => undefined);
  }

  send(messages: readonly ServerMessage[]): void {
    if (this.#state !== 'open') return;
    try {
      if (this.#isBatching) {
        this.#say({ batch: spellServerBatch(messages) }, weigh(messages));
        return;
      }
      for (const message of messages) {
        let weight = weigh([message]);
        for (const spelled of spellServerMessage(message)) {
          this.#say({ message: spelled }, weight);
          weight = 0;
        }
      }
    } catch (cause) {
      this.#fail(cause);
    }
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'ending';
    this.#options.ended();
    this.#say({ bye: true }, 0);
  }

  /** Its client says something. */
  receive(envelope: Extract<ToServer, { readonly id: string }>): void {
    if ('ack' in envelope && envelope.ack !== undefined && this.#isAcknowledged) {
      this.#sent.takeTo(envelope.ack);
      this.#taken();
    }
    if (this.#state !== 'open') {
      // It has said goodbye, too: whatever it has not taken it will not want.
      if ('bye' in envelope) this.#over();
    } else if ('batch' in envelope) {
      this.accepted?.receive(readClientBatch(envelope.batch, this.#options.limits));
    } else if ('message' in envelope) {
      this.accepted?.receive([readRequest(envelope.message, this.#options.limits)]);
    } else if ('bye' in envelope) {
      this.lost({ isFinal: false });
    }
  }

  /** The client is gone. */
  lost(end: ChannelEnd): void {
    const wasOpen = this.#state === 'open';
    this.#over();
    if (wasOpen) this.accepted?.closed(end);
  }

  #say(content: Content, weight: number): void {
    this.#options.pipe.send(seal({ port: this.port, ...content }), () => {
      if (this.#isAcknowledged || this.#state === 'over') return;
      // All that can be known of a client that says nothing of it.
      this.#sent.takeNext();
      this.#taken();
    });
    this.#sent.add(weight);
  }

  #taken(): void {
    if (this.#state === 'open') this.accepted?.drained();
    else if (this.#state === 'ending' && this.#sent.isEmpty) this.#over();
  }

  /** A value may be nested too deeply for the channel's serialization; its receiver cannot go on without it. */
  #fail(cause: unknown): void {
    const error = new PubSubError('ERR_PUBSUB_SERIALIZE', 'a value cannot be sent over IPC', { cause });
    this.close();
    queueMicrotask(() => this.accepted?.closed({ isFinal: false, error }));
  }

  #over(): void {
    const wasOpen = this.#state === 'open';
    if (this.#state === 'over') return;
    this.#state = 'over';
    if (wasOpen) this.#options.ended();
    this.#options.over();
  }
}
