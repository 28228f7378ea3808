/**
 * A client as Dart's is, by hand: notifications with `client_id` folded into the parameters, `null` until an answer has
 * told it; the reply is the notification that is named after the request; what `subscribe` returns is read flat.
 */
import { randomUUID } from 'node:crypto';
import { within } from '../support/until.js';
import type { HandPipe } from './hand-pipes.js';
import type { OpenPipe } from './hand-stage.js';

export type Params = Readonly<Record<string, unknown>>;

/** What a server says, as far as it has to be known in order to read it. */
export interface Said {
  readonly jsonrpc: string;
  readonly method: string;
  readonly params: Params;
}

/** A reply with `status: false`. */
export class Refusal extends Error {
  readonly said: Said;

  constructor(said: Said) {
    super(String(said.params['error_message']));
    this.said = said;
  }
}

export interface DartSubscription {
  readonly event: string;
  readonly id: unknown;
  readonly values: unknown[];
}

export class DartClient {
  clientId: string | null;
  /** Everything that the server has said, in order. */
  readonly said: Said[] = [];
  readonly #texts: string[] = [];
  readonly #waiting = new Map<string, (reply: Said) => void>();
  readonly #subscriptions = new Set<DartSubscription>();
  #pipe: HandPipe | undefined;

  private constructor(clientId: string | null) {
    this.clientId = clientId;
  }

  static async open(open: OpenPipe, clientId: string | null): Promise<DartClient> {
    const client = new DartClient(clientId);
    client.#pipe = await open((text) => client.#hear(text));
    return client;
  }

  /** The same as it came, byte for byte. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  get ended(): Promise<void> {
    return this.#pipe?.ended ?? Promise.resolve();
  }

  async publish(event: string, value: unknown): Promise<Said> {
    const reply = await this.ask('publish', { event_name: event, value });
    this.clientId = (reply.params['result'] as { client_id: string }).client_id;
    return reply;
  }

  async subscribe(event: string): Promise<DartSubscription> {
    // Dart adds it when the reply has been awaited; the moment that it is read is the first that loses nothing.
    let subscription: DartSubscription | undefined;
    await this.ask('subscribe', { event_name: event }, ({ params }) => {
      this.clientId = params['client_id'] as string;
      subscription = { event, id: params['subscription_id'], values: [] };
      this.#subscriptions.add(subscription);
    });
    return subscription as unknown as DartSubscription;
  }

  async unsubscribe(subscription: DartSubscription): Promise<Said> {
    const reply = await this.ask('unsubscribe', { subscription_id: subscription.id });
    this.#subscriptions.delete(subscription);
    return reply;
  }

  /** @throws Refusal */
  async ask(method: string, params: Params, succeeded?: (reply: Said) => void): Promise<Said> {
    const request_id = randomUUID();
    const text = this.spell(method, { request_id, ...params });
    const answered = new Promise<Said>((resolve, reject) => {
      this.#waiting.set(request_id, (reply) => {
        if (reply.params['status'] !== true) {
          reject(new Refusal(reply));
          return;
        }
        succeeded?.(reply);
        resolve(reply);
      });
    });
    this.#pipe?.send(text);
    return within(answered, `the reply to ${method}`);
  }

  /** A notification in its text. */
  spell(method: string, params: Params): string {
    return JSON.stringify({ jsonrpc: '2.0', method, params: { client_id: this.clientId, ...params } });
  }

  /** Says texts, and waits for nothing. */
  say(...texts: string[]): void {
    this.#pipe?.send(...texts);
  }

  end(): void {
    this.#pipe?.end();
  }

  #hear(text: string): void {
    this.#texts.push(text);
    const said = JSON.parse(text) as Said;
    this.said.push(said);
    if (said.method === 'event') {
      const { event_name: event, value } = said.params;
      for (const subscription of this.#subscriptions) {
        if (subscription.event === event) subscription.values.push(value);
      }
      return;
    }
    const settle = this.#waiting.get(said.method);
    this.#waiting.delete(said.method);
    settle?.(said);
  }
}
