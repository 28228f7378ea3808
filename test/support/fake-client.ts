/** A client whose server the test plays, and the story of what it raised. */
import type { Gap, Subscription } from 'clustercast';
import { PubSubClient, type PubSubClientOptions } from '#lib/client/client.js';
import { FakeConnector } from './fake-connector.js';

export class FakeClient {
  readonly connector = new FakeConnector();
  readonly client: PubSubClient;
  /** What it raised, in order, with what it said. */
  readonly raised: unknown[][] = [];

  constructor(options: PubSubClientOptions = {}) {
    this.client = new PubSubClient(this.connector, options);
    for (const type of ['connect', 'disconnect', 'gap', 'stale', 'recovered', 'error', 'close'] as const) {
      this.client.on(type, (...args: unknown[]) => this.raised.push([type, ...args]));
    }
  }

  get channel(): FakeConnector['channel'] {
    return this.connector.channel;
  }

  /** The kinds of what it raised. */
  get kinds(): unknown[] {
    return this.raised.map(([type]) => type);
  }

  /** What it raised as `type`. */
  of(type: 'disconnect' | 'gap' | 'error'): unknown[] {
    return this.raised.filter(([kind]) => kind === type).map(([, what]) => what);
  }

  /** Subscribes, with the answer that the server gives. */
  async subscribe(
    event: string,
    handler?: (value: unknown) => void,
    onGap?: (gap: Gap) => void,
  ): Promise<Subscription<unknown>> {
    const subscribed =
      handler === undefined
        ? this.client.subscribe(event, { onGap })
        : this.client.subscribe(event, handler, { onGap });
    this.channel.accept(await this.channel.asked(), 's');
    return subscribed;
  }

  /** Loses the link, and opens the next one. */
  reconnect(epoch = 'first'): void {
    this.channel.lose();
    this.channel.open({ epoch });
  }

  /** Ends the client, whatever is left in it. */
  async end(): Promise<void> {
    if (this.client.stats().state !== 'closed') this.channel.lose({ isFinal: true });
    await this.client.closed;
  }
}

/** A client that is connected. */
export function connected(options?: PubSubClientOptions): FakeClient {
  const fake = new FakeClient(options);
  fake.channel.open();
  return fake;
}
