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
  connect(clientId?: string): FakePeer {
    assert.ok(this.host !== undefined, 'the adapter was not started');
    return new FakePeer(this.host, `peer ${++this.#peers}`, clientId);
  }
}

/** One connection, from the peer's side. */
export class FakePeer {
  readonly accepted: Accepted;
  /** What the channel was given, and what at once. */
  readonly sent: (readonly ServerMessage[])[] = [];
  readonly responses: DocumentedResponse[] = [];
  readonly events: DocumentedEvent[] = [];
  isClosed = false;
  /** Thrown by each `send` where it is set: what a channel must not do. */
  sendError: Error | undefined;
  /** Thrown by `close` likewise. */
  closeError: Error | undefined;
  #asked = 0;

  constructor(host: AdapterHost, label: string, clientId: string | undefined) {
    const send = (messages: readonly ServerMessage[]): void => {
      if (this.sendError !== undefined) throw this.sendError;
      this.sent.push(messages);
      for (const message of messages.flatMap(spellServerMessage)) {
        if ('request_id' in message) this.responses.push(message);
        else this.events.push(message);
      }
    };
    const close = (): void => {
      this.isClosed = true;
      if (this.closeError !== undefined) throw this.closeError;
    };
    this.accepted = host.accept({ send, close }, { label, clientId });
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
