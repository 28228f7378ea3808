/**
 * Clients of a server in its own process that only count: what is measured with them is the server's own work,
 * without a transport and without the other side.
 */
import type { Accepted, Adapter, AdapterHost } from 'clustercast';
import { deserialize, serialize } from 'node:v8';
import type { ClientMessage, ServerMessage } from '#lib/protocol/messages.js';

/** Feeds a server. */
export class FeedAdapter implements Adapter {
  readonly name = 'feed';
  readonly isTrusted = true;
  #host: AdapterHost | undefined;

  start(host: AdapterHost): void {
    this.#host = host;
  }

  close(): void {
    this.#host = undefined;
  }

  connect(): FeedClient {
    if (this.#host === undefined) throw new Error('the server is not started');
    return new FeedClient(this.#host);
  }
}

export class FeedClient {
  /** Events that were handed to it. */
  delivered = 0;
  /** Publishes and requests that were answered as they should be. */
  answered = 0;
  /** Ids of the subscriptions that it was granted. */
  readonly subscriptionIds: string[] = [];
  readonly #accepted: Accepted;

  constructor(host: AdapterHost) {
    const send = (messages: readonly ServerMessage[]): void => {
      for (const message of messages) this.#hear(message);
    };
    const channel = { send, close: () => undefined, backlog: 0, takesGaps: true };
    this.#accepted = host.accept(channel, { label: 'feed', clientId: undefined });
  }

  say(messages: readonly ClientMessage[]): void {
    this.#accepted.receive(messages);
  }

  disconnect(): void {
    this.#accepted.closed({ isFinal: false });
  }

  #hear(message: ServerMessage): void {
    if (message.kind === 'events') {
      this.delivered += message.columns.lengths.length;
    } else if (message.kind === 'published') {
      for (let run = 0; run < message.listeners.length; run += 2)
        this.answered += message.listeners[run] ?? 0;
    } else if (message.kind === 'response' && message.ok) {
      const { subscription_id: id } = message.result;
      if (typeof id === 'string') this.subscriptionIds.push(id);
      this.answered += 1;
    }
  }
}

/** Resolves when this turn of the event loop has ended, and so all is said that was to be said in it. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** `messages` with strings of their own, as they come out of an IPC channel. */
export function received(messages: readonly ClientMessage[]): ClientMessage[] {
  return deserialize(serialize(messages)) as ClientMessage[];
}

export function subscribeTo(name: string): ClientMessage {
  return { kind: 'request', id: '1', clientId: undefined, method: 'subscribe', params: { event_name: name } };
}

export function unsubscribeFrom(id: string): ClientMessage {
  return {
    kind: 'request',
    id: '1',
    clientId: undefined,
    method: 'unsubscribe',
    params: { subscription_id: id },
  };
}
