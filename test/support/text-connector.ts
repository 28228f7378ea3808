/** A client's way to a server whose medium the test plays, in time that passes when the test says so. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { defaultLimits, type Limits } from 'clustercast';
import { JsonRpcConnector } from '#lib/json-rpc/connector.js';
import type { Channel, ChannelEnd, ConnectorHandlers, Welcome } from '#lib/protocol/channel.js';
import type { ClientMessage, Request, ServerMessage } from '#lib/protocol/messages.js';
import { FakeClock } from './fake-clock.js';
import { FakeDialer, type FakeLink } from './text-channel.js';

interface DialingOptions {
  readonly clientId?: string;
  readonly limits?: Partial<Limits>;
}

/** How long one attempt may take, in milliseconds. */
export const attemptTime = 1_000;

export class Dialing implements ConnectorHandlers {
  readonly clock: FakeClock;
  readonly dialer = new FakeDialer();
  readonly connector: JsonRpcConnector;
  channel: Channel<ClientMessage>;
  /** What it was told, in order. */
  readonly story: unknown[][] = [];
  /** Done when it opens. */
  onOpened: () => void = () => undefined;

  constructor(test: TestContext, { clientId, limits = {} }: DialingOptions = {}) {
    this.clock = FakeClock.of(test);
    // Each pause is the longest that it may be: 100 ms, 200 ms, and so on.
    test.mock.method(Math, 'random', () => 1);
    this.connector = new JsonRpcConnector({
      clientId,
      dialer: this.dialer,
      limits: { ...defaultLimits, ...limits },
      timeout: attemptTime,
    });
    this.channel = this.connector.open(this);
  }

  /** The newest pipe. */
  get link(): FakeLink {
    return this.dialer.link;
  }

  /** How many pipes were opened so far. */
  get attempts(): number {
    return this.dialer.links.length;
  }

  /** What it was told, without the details. */
  get told(): unknown[] {
    return this.story.map(([what]) => what);
  }

  stale(): void {
    assert.fail('a link of JSON-RPC that is silent is ended');
  }

  /** Opens the next channel. */
  reopen(): void {
    this.channel = this.connector.open(this);
  }

  opened(welcome: Welcome): void {
    this.story.push(['opened', welcome]);
    this.onOpened();
  }

  receive(messages: readonly ServerMessage[]): void {
    this.story.push(['receive', ...messages]);
  }

  closed({ isFinal, error }: ChannelEnd): void {
    this.story.push(['closed', isFinal, error?.code, error?.message]);
  }
}

/** One whose handshake has been answered with this. */
export function dialed(test: TestContext, result?: object, options?: DialingOptions): Dialing {
  const dialing = new Dialing(test, options);
  dialing.link.greet(result);
  dialing.story.length = 0;
  return dialing;
}

export function ask(id: number, params: Request['params'] = {}): Request {
  return { kind: 'request', id, clientId: undefined, method: 'm', params };
}
