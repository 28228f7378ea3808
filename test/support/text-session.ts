/** A session on the server whose peer and whose core the test plays, in time that passes when the test says so. */
import type { TestContext } from 'node:test';
import { defaultLimits, type Limits } from 'clustercast';
import type { TextPeer } from 'clustercast/json-rpc';
import { Session, type SessionHost } from '#lib/json-rpc/session.js';
import type { Channel, ChannelEnd } from '#lib/protocol/channel.js';
import type { ClientMessage, Failure, Result, ServerMessage } from '#lib/protocol/messages.js';
import type { Accepted } from '#lib/server/adapter.js';
import { columnsOf } from './arbitraries.js';
import { FakeClock } from './fake-clock.js';
import { FakeText, type Frame } from './text-channel.js';

interface PlayOptions {
  readonly isTrusted?: boolean;
  readonly limits?: Partial<Limits>;
  /** Of a medium that can ping. */
  readonly hasPing?: boolean;
}

/** The core of a server as a session sees it. */
class FakeCore implements SessionHost {
  readonly epoch = 'first';
  readonly limits: Limits;
  readonly isTrusted: boolean;
  /** Thrown instead of taking a client in, where it is set. */
  refusal: Error | undefined;
  /** As whom the server knows the client; set by the id that a handshake tells. */
  clientId: string | undefined;
  /** Done where the server is given a message. */
  onMessage: (message: ClientMessage) => void = () => undefined;
  /** What it was told, in order. */
  readonly told: unknown[][] = [];
  readonly messages: ClientMessage[] = [];

  constructor({ isTrusted = true, limits = {} }: PlayOptions) {
    this.limits = { ...defaultLimits, ...limits };
    this.isTrusted = isTrusted;
  }

  accept(_channel: Channel<ServerMessage>, { clientId }: { clientId: string | undefined }): Accepted {
    this.told.push(['accept', clientId]);
    if (this.refusal !== undefined) throw this.refusal;
    this.clientId = clientId ?? (this.isTrusted ? 'ad hoc' : undefined);
    const known = (): string | undefined => this.clientId;
    return {
      get clientId() {
        return known();
      },
      receive: (messages) => {
        for (const message of messages) {
          this.messages.push(message);
          this.told.push([message.kind, message.kind === 'request' ? message.method : '']);
          this.onMessage(message);
        }
      },
      drained: () => this.told.push(['drained']),
      stale: () => undefined,
      closed: ({ isFinal, error }: ChannelEnd) =>
        this.told.push(['closed', isFinal, error?.code, error?.message]),
    };
  }

  turnedAway(limit: string): void {
    this.told.push(['turnedAway', limit]);
  }

  ended(): void {
    this.told.push(['ended']);
  }

  gone({ label }: TextPeer): void {
    this.told.push(['gone', label]);
  }
}

export class Play {
  readonly clock: FakeClock;
  readonly core: FakeCore;
  readonly text: FakeText;
  readonly session: Session;
  #answered = 0;
  #told = 0;

  constructor(t: TestContext, options: PlayOptions = {}) {
    this.clock = FakeClock.of(t);
    this.core = new FakeCore(options);
    this.text = new FakeText({ hasPing: options.hasPing === true });
    this.session = new Session(this.text, { label: 'the peer', address: undefined }, this.core);
  }

  /** Says frames that arrive together, each a JSON text or what is to be one. */
  say(...frames: unknown[]): void {
    this.session.receive(frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame))));
  }

  /** Says one frame, and gives what is said to it at once. */
  ask(frame: unknown): (Frame | Frame[])[] {
    this.text.frames();
    this.say(frame);
    return this.text.frames();
  }

  /** Under which ids the core was given requests, all of them in order. */
  get ids(): number[] {
    return this.core.messages.map((message) => ('id' in message ? Number(message.id) : NaN));
  }

  /** Has the core answer one request. */
  respond(id: number | undefined, result: Result = {}): void {
    this.session.send([{ kind: 'response', id: id ?? NaN, ok: true, result }]);
  }

  /** Has the core answer the requests that it was given since the last time, together. */
  answer(result: Result = {}): void {
    this.session.send(this.#take().map(({ id }) => ({ kind: 'response', id, ok: true, result })));
  }

  refuse(failure: Failure): void {
    this.session.send(this.#take().map(({ id }) => ({ kind: 'response', id, ok: false, failure })));
  }

  publish(name: string, ...values: unknown[]): void {
    const plain = values.map((value) => ({ name, value: JSON.stringify(value) }));
    this.session.send([{ kind: 'events', columns: columnsOf(plain) }]);
  }

  /** What the core was told since the last look. */
  told(): unknown[][] {
    const told = this.core.told.slice(this.#told);
    this.#told = this.core.told.length;
    return told;
  }

  #take(): { readonly id: number }[] {
    const taken = this.ids.slice(this.#answered);
    this.#answered += taken.length;
    return taken.map((id) => ({ id }));
  }
}

/** A standard request. */
export function request(id: unknown, method: string, params?: object): object {
  return { jsonrpc: '2.0', id, method, params };
}

/** A request as a notification. */
export function notify(request_id: string, method: string, params: object = {}): object {
  return { jsonrpc: '2.0', method, params: { request_id, ...params } };
}

export function hello(params: object = {}): object {
  return request('hello', 'hello', { version: 1, ...params });
}

/** The answer that refuses with this, as a request with this id is refused. */
export function refusalOf(id: unknown, number: number, code: string, message: string): object {
  return { jsonrpc: '2.0', id, error: { code: number, message, data: { code: `ERR_PUBSUB_${code}` } } };
}
