/** An adapter without a medium: the test plays its peers, and hears what the server says in documented messages. */
import assert from 'node:assert/strict';
import { defaultLimits, type Accepted, type Adapter, type AdapterHost } from 'clustercast';
import {
  readRequest,
  spellServerMessage,
  type DocumentedEvent,
  type DocumentedResponse,
} from '#lib/protocol/documented.js';
import type { ClientMessage, ServerMessage } from '#lib/protocol/messages.js';
import type { SpelledGap } from '#lib/protocol/missed.js';
import { endOfTurn } from './turn.js';

interface FakeAdapterOptions {
  readonly name?: string;
  readonly isTrusted?: boolean;
  /** What its start and its close do besides. */
  readonly onStart?: () => void | Promise<void>;
  readonly onClose?: () => void | Promise<void>;
}

export class FakeAdapter implements Adapter {
  readonly name: string;
  readonly isTrusted: boolean;
  host: AdapterHost | undefined;
  /** `start` and `close`, as they were called. */
  readonly calls: string[] = [];
  readonly #options: FakeAdapterOptions;
  #peers = 0;

  constructor(options: FakeAdapterOptions = {}) {
    this.name = options.name ?? 'fake';
    this.isTrusted = options.isTrusted ?? true;
    this.#options = options;
  }

  start(host: AdapterHost): void | Promise<void> {
    this.host = host;
    this.calls.push('start');
    return this.#options.onStart?.();
  }

  close(): void | Promise<void> {
    this.calls.push('close');
    return this.#options.onClose?.();
  }

  /** @throws what the server throws where it does not accept. */
  connect(clientId?: string, takesGaps?: boolean): FakePeer {
    assert.ok(this.host !== undefined, 'the adapter was not started');
    return new FakePeer(this.host, `peer ${++this.#peers}`, clientId, takesGaps);
  }
}

/** One connection, from the peer's side. */
export class FakePeer {
  readonly accepted: Accepted;
  /** What the channel was given, and what at once. */
  readonly sent: (readonly ServerMessage[])[] = [];
  readonly responses: DocumentedResponse[] = [];
  readonly events: DocumentedEvent[] = [];
  readonly gaps: SpelledGap[] = [];
  isClosed = false;
  /** What its channel says of itself. */
  backlog = 0;
  readonly takesGaps: boolean;
  /** Thrown by each `send` where it is set: what a channel must not do. */
  sendError: Error | undefined;
  /** Thrown by `close` likewise. */
  closeError: Error | undefined;
  #asked = 0;

  constructor(host: AdapterHost, label: string, clientId: string | undefined, takesGaps = true) {
    this.takesGaps = takesGaps;
    const send = (messages: readonly ServerMessage[]): void => {
      if (this.sendError !== undefined) throw this.sendError;
      this.sent.push(messages);
      for (const message of messages.flatMap(spellServerMessage)) {
        if ('request_id' in message) this.responses.push(message);
        else if ('gap' in message) this.gaps.push(message.gap);
        else this.events.push(message);
      }
    };
    const close = (): void => {
      this.isClosed = true;
      if (this.closeError !== undefined) throw this.closeError;
    };
    const backlog = (): number => this.backlog;
    const channel = {
      send,
      close,
      takesGaps,
      get backlog() {
        return backlog();
      },
    };
    this.accepted = host.accept(channel, { label, clientId });
  }

  /** Says messages as the server's core handles them. */
  say(...messages: ClientMessage[]): void {
    this.accepted.receive(messages);
  }

  /** Says one documented request, and gives the one response to it. */
  async ask(method: string, params: object = {}, clientId?: string): Promise<DocumentedResponse> {
    const request_id = `ask ${++this.#asked}`;
    this.say(readRequest({ request_id, method, params, client_id: clientId }, defaultLimits));
    await endOfTurn();
    const [response, ...others] = this.responses.filter((candidate) => candidate.request_id === request_id);
    assert.ok(response !== undefined && others.length === 0, `${others.length} other responses`);
    return response;
  }

  /** Ends the link from the peer's side. */
  leave(): void {
    this.accepted.closed({ isFinal: false });
  }
}
