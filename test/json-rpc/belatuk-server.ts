/**
 * A server as Dart's is, by hand: no handshake, replies as notifications that are named after the request, an ad-hoc
 * client for each request of a trusted peer that says no id, one event for each subscription. Knows no medium.
 */
import { randomUUID } from 'node:crypto';

type Fields = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: unknown;
  readonly method: string;
  readonly params: Fields;
}

interface Rights {
  readonly canPublish?: boolean;
  readonly canSubscribe?: boolean;
}

interface Subscription {
  readonly id: string;
  readonly clientId: string;
  readonly event: unknown;
  readonly dispatch: (value: unknown) => void;
}

export class BelatukServer {
  /** Everything that was said to it, in order. */
  readonly heard: Message[] = [];
  readonly subscriptions = new Set<Subscription>();
  readonly #clients = new Map<string, Rights>();
  readonly #isTrusted: boolean;

  constructor({
    isTrusted = false,
    clients = {},
  }: {
    isTrusted?: boolean;
    clients?: Record<string, Rights>;
  }) {
    this.#isTrusted = isTrusted;
    for (const [id, rights] of Object.entries(clients)) this.#clients.set(id, rights);
  }

  /** Takes a peer in; give what is returned each text of it. */
  serve(say: (text: string) => void): (text: string) => void {
    const notify = (method: string, params: Fields): void =>
      say(JSON.stringify({ jsonrpc: '2.0', method, params }));
    return (text) => {
      const message = JSON.parse(text) as Message;
      this.heard.push(message);
      const { id, method, params } = message;
      const handle = this.#methods.get(method);
      if (handle !== undefined) {
        handle(params, notify);
      } else if (id !== undefined) {
        const error = { code: -32601, message: `Unknown method "${method}".`, data: { request: message } };
        say(JSON.stringify({ jsonrpc: '2.0', error, id }));
      }
    };
  }

  readonly #methods = new Map<string, (params: Fields, notify: Notify) => void>([
    ['publish', (params, notify) => this.#publish(params, notify)],
    ['subscribe', (params, notify) => this.#subscribe(params, notify)],
    ['unsubscribe', (params, notify) => this.#unsubscribe(params, notify)],
  ]);

  #publish(params: Fields, notify: Notify): void {
    const { clientId, rights } = this.#who(params);
    if (rights === undefined) reject(params, notify, `Unrecognized client ID "${clientId}".`);
    else if (rights.canPublish === false) reject(params, notify, 'You are not allowed to publish events.');
    else {
      const others = [...this.subscriptions].filter(
        (subscription) => subscription.event === params['event_name'] && subscription.clientId !== clientId,
      );
      for (const { dispatch } of others) dispatch(params['value']);
      const request_id = String(params['request_id']);
      const result = { listeners: others.length, client_id: clientId };
      notify(request_id, { status: true, request_id, result });
    }
  }

  #subscribe(params: Fields, notify: Notify): void {
    const { clientId, rights } = this.#who(params);
    if (rights === undefined) reject(params, notify, `Unrecognized client ID "${clientId}".`);
    else if (rights.canSubscribe === false)
      reject(params, notify, 'You are not allowed to subscribe to events.');
    else {
      const id = randomUUID();
      const { event_name: event } = params;
      const request_id = String(params['request_id']);
      notify(request_id, { status: true, request_id, subscription_id: id, client_id: clientId });
      const dispatch = (value: unknown): void => notify('event', { event_name: event, value });
      this.subscriptions.add({ id, clientId, event, dispatch });
    }
  }

  #unsubscribe(params: Fields, notify: Notify): void {
    const found = [...this.subscriptions].find(({ id }) => id === params['subscription_id']);
    if (found === undefined) reject(params, notify, 'The specified subscription does not exist.');
    else if (found.clientId !== params['client_id'])
      reject(params, notify, 'That is not your subscription to cancel.');
    else {
      this.subscriptions.delete(found);
      notify(String(params['request_id']), { status: true, result: {} });
    }
  }

  #who({ client_id: said }: Fields): { readonly clientId: string; readonly rights: Rights | undefined } {
    if (typeof said === 'string' && said !== '') return { clientId: said, rights: this.#clients.get(said) };
    if (!this.#isTrusted) return { clientId: '<missing>', rights: undefined };
    const clientId = `pub_sub::adhoc_client${Math.random()}::${this.#clients.size}`;
    this.#clients.set(clientId, {});
    return { clientId, rights: {} };
  }
}

type Notify = (method: string, params: Fields) => void;

function reject({ request_id }: Fields, notify: Notify, error_message: string): void {
  notify(String(request_id), { status: false, request_id, error_message });
}
