/** A way to a server that the test plays: it opens, answers, is silent and loses channels as the test says. */
import assert from 'node:assert/strict';
import type { PubSubErrorCode } from 'clustercast';
import type { ChannelEnd, Channel, Connector, ConnectorHandlers, Welcome } from '#lib/protocol/channel.js';
import { spellClientMessage, type DocumentedRequest } from '#lib/protocol/documented.js';
import type { ClientMessage, ServerMessage } from '#lib/protocol/messages.js';
import { columnsOf } from './arbitraries.js';
import { endOfTurn } from './turn.js';

export class FakeConnector implements Connector {
  readonly silence = 'the test is silent';
  readonly channels: FakeChannel[] = [];
  /** `ref` and `unref`, as they were called. */
  readonly holds: string[] = [];

  open(handlers: ConnectorHandlers): FakeChannel {
    const channel = new FakeChannel(handlers);
    this.channels.push(channel);
    return channel;
  }

  ref(): void {
    this.holds.push('ref');
  }

  unref(): void {
    this.holds.push('unref');
  }

  /** The newest channel. */
  get channel(): FakeChannel {
    const channel = this.channels.at(-1);
    assert.ok(channel !== undefined, 'no channel was opened');
    return channel;
  }
}

export class FakeChannel implements Channel<ClientMessage> {
  /** What was said, and what of it at once. */
  readonly sent: (readonly ClientMessage[])[] = [];
  isClosed = false;
  readonly #handlers: ConnectorHandlers;
  #read = 0;

  constructor(handlers: ConnectorHandlers) {
    this.#handlers = handlers;
  }

  send(messages: readonly ClientMessage[]): void {
    if (messages.length > 0) this.sent.push(messages);
  }

  close(): void {
    this.isClosed = true;
  }

  open(welcome: Partial<Welcome> = {}): void {
    this.#handlers.opened({ epoch: 'first', clientId: 'me', capabilities: ['batch'], ...welcome });
  }

  say(...messages: ServerMessage[]): void {
    this.#handlers.receive(messages);
  }

  lose(end: ChannelEnd = { isFinal: false }): void {
    this.#handlers.closed(end);
  }

  /** The server gives no sign of life, or one again. */
  stale(isStale: boolean): void {
    this.#handlers.stale(isStale);
  }

  /** Every request so far, as a documented one. */
  get requests(): DocumentedRequest[] {
    return this.sent.flat().flatMap(spellClientMessage);
  }

  /** The requests that have come since the last call, once those of this turn are sent. */
  async asked(): Promise<DocumentedRequest[]> {
    await endOfTurn();
    const asked = this.requests.slice(this.#read);
    this.#read += asked.length;
    return asked;
  }

  /** The one request that has come since the last call. */
  async askedOne(): Promise<DocumentedRequest> {
    const [request, ...others] = await this.asked();
    assert.ok(request !== undefined && others.length === 0, `${others.length} other requests`);
    return request;
  }

  /** Answers each request: subscriptions with the ids `<prefix>1`, `<prefix>2`, ..., publishes with no listeners. */
  accept(requests: readonly DocumentedRequest[], prefix = ''): void {
    for (const { request_id: id, method } of requests) {
      const result =
        method === 'subscribe'
          ? { subscription_id: `${prefix}${id}` }
          : method === 'publish'
            ? { listeners: 0 }
            : {};
      this.say({ kind: 'response', id, ok: true, result });
    }
  }

  refuse({ request_id: id }: DocumentedRequest, code: PubSubErrorCode, message = 'refused'): void {
    this.say({ kind: 'response', id, ok: false, failure: { code, message } });
  }

  /** Says an event for each value. */
  publish(name: string, ...values: unknown[]): void {
    const plain = values.map((value) => ({ name, value: JSON.stringify(value) }));
    this.say({ kind: 'events', columns: columnsOf(plain) });
  }
}
