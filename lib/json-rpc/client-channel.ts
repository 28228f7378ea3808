/**
 * One link of a client to a JSON-RPC server: dials until somebody answers, says who it is, then speaks; and watches
 * that the other side still lives. Works on servers that know no handshake, too.
 */
import { holdProcess } from '../client/timeout.js';
import { debugLog } from '../debug.js';
import { PubSubError } from '../errors.js';
import { negotiate } from '../protocol/capabilities.js';
import type { Channel, ConnectorHandlers } from '../protocol/channel.js';
import { isCount, isObject } from '../protocol/guards.js';
import { isDeeperThan } from '../protocol/json-depth.js';
import type { Limits } from '../protocol/limits.js';
import type { ClientMessage, Failure, RequestId, Result, ServerMessage } from '../protocol/messages.js';
import { randomId } from '../protocol/random.js';
import type { Backoff } from './backoff.js';
import { joinEvents, readServerFrame, spellRequests, type ReplyOutcome } from './client-wire.js';
import type { TextChannel, TextDialer } from './text-channel.js';
import {
  helloMethod,
  jsonRpcCapabilities,
  notification,
  pingMethod,
  protocolVersion,
  request,
} from './wire.js';

const log = debugLog('json-rpc');

export interface ClientChannelOptions {
  /** The id of a registered client; `undefined` where the server trusts the medium. */
  readonly clientId: string | undefined;
  readonly dialer: TextDialer;
  readonly limits: Limits;
  /** In milliseconds, for one attempt: until the server has answered the handshake. */
  readonly timeout: number;
  /** Between attempts. */
  readonly backoff: Backoff;
  /** Told why an attempt has failed, for people. */
  readonly tellProblem: (problem: string) => void;
}

/** What a server takes, as far as it has told. */
interface ServerLimits {
  readonly frameBytes: number;
  readonly jsonDepth: number;
}

export class ClientChannel implements Channel<ClientMessage> {
  readonly #handlers: ConnectorHandlers;
  readonly #options: ClientChannelOptions;
  #state: 'dialing' | 'open' | 'over' = 'dialing';
  #text: TextChannel | undefined;
  #holdsProcess = true;
  /** Until the next attempt, or until this one has failed. */
  #dialTimer: ReturnType<typeof setTimeout> | undefined;
  #pulse: ReturnType<typeof setInterval> | undefined;
  #isSilent = false;
  /** What the server has said at this attempt, other than to the handshake. */
  #lastWords: string | undefined;
  /** Whether the server was told who asks, so that the requests need not say it. */
  #isIntroduced = true;
  /** Of the client; given by the server, where it is an ad-hoc one. */
  #clientId: string | undefined;
  #server: ServerLimits = { frameBytes: Infinity, jsonDepth: Infinity };

  constructor(handlers: ConnectorHandlers, options: ClientChannelOptions) {
    this.#handlers = handlers;
    this.#options = options;
    this.#clientId = options.clientId;
    const { delay } = options.backoff;
    if (delay === 0) this.#dial();
    else this.#dialTimer = setTimeout(() => this.#dial(), delay);
  }

  send(messages: readonly ClientMessage[]): void {
    if (this.#state !== 'open' || this.#text === undefined) return;
    const clientId = this.#isIntroduced ? undefined : this.#clientId;
    const texts: string[] = [];
    for (const { id, text } of messages.flatMap((message) => spellRequests(message, clientId))) {
      const problem = this.#problemOf(text);
      if (problem === undefined) texts.push(text);
      else this.#refuse(id, { code: 'ERR_PUBSUB_LIMIT', message: problem });
    }
    if (texts.length > 0) this.#text.send(texts);
  }

  close(): void {
    if (this.#state === 'over') return;
    this.#finish();
    this.#text?.close();
  }

  /** Whether it keeps the process alive. */
  hold(holds: boolean): void {
    this.#holdsProcess = holds;
    holdProcess(this.#dialTimer, holds);
    if (holds) this.#text?.ref?.();
    else this.#text?.unref?.();
  }

  #dial(): void {
    const { dialer, limits, timeout, clientId } = this.#options;
    const text = dialer.open(
      {
        frameBytes: limits.serverFrameBytes,
        opened: () => {
          const params = { version: protocolVersion, capabilities: jsonRpcCapabilities, heartbeat: true };
          const identity = clientId === undefined ? {} : { client_id: clientId };
          this.#say(request(helloMethod, helloMethod, { ...params, ...identity }));
        },
        receive: (texts) => this.#receive(texts),
        heard: () => (this.#isSilent = false),
        exceeded: (limit) =>
          this.#drop(
            `the server went beyond the limit of ${limits[frameLimit[limit]]} (${frameLimit[limit]})`,
          ),
        closed: (error) => this.#lost(error?.message ?? 'the server closed the connection'),
      },
      limits,
    );
    this.#text = text;
    this.#dialTimer = setTimeout(() => this.#drop(`no answer came within ${timeout} ms`), timeout);
    this.hold(this.#holdsProcess);
  }

  #receive(texts: readonly string[]): void {
    this.#isSilent = false;
    const messages: ServerMessage[] = [];
    let events: { name: string; value: string }[] = [];
    const endEvents = (): void => {
      if (events.length > 0) messages.push(joinEvents(events));
      events = [];
    };
    for (const text of texts) {
      for (const frame of readServerFrame(text, this.#options.limits, this.#isIntroduced)) {
        if (frame.kind === 'event') {
          events.push(frame);
          continue;
        }
        endEvents();
        if (frame.kind === 'message') {
          this.#learn(frame.message);
          messages.push(frame.message);
        } else if (frame.id === helloMethod && this.#state === 'dialing') {
          this.#greeted(frame.outcome);
        }
      }
    }
    endEvents();
    if (this.#state === 'open') {
      if (messages.length > 0) this.#handlers.receive(messages);
      return;
    }
    // Why it is about to close the connection, perhaps.
    for (const message of messages) {
      if (message.kind === 'response' && !message.ok) this.#lastWords = message.failure.message;
    }
  }

  /**
   * A server without a handshake makes an ad-hoc client of each request that says no id, and tells its id in the answer.
   * So one is asked for before all else, by a subscription that is ended at once.
   */
  #askForId(): void {
    const params = { request_id: helloMethod, event_name: randomId() };
    this.#say(notification('subscribe', params));
  }

  /** The answer to that, perhaps. */
  #learn(message: ServerMessage): void {
    if (this.#state !== 'dialing' || this.#isIntroduced) return;
    if (message.kind !== 'response' || message.id !== helloMethod) return;
    if (!message.ok) {
      const { code = 'ERR_PUBSUB_PROTOCOL', message: text } = message.failure;
      this.#end(new PubSubError(code, text));
      return;
    }
    const { client_id, subscription_id } = message.result;
    if (typeof client_id === 'string') this.#clientId = client_id;
    const params = { request_id: helloMethod, client_id, subscription_id };
    this.#say(notification('unsubscribe', params));
    this.#opened({ client_id });
  }

  #greeted(outcome: ReplyOutcome): void {
    if (this.#state !== 'dialing') return;
    if ('result' in outcome) {
      this.#opened(outcome.result);
    } else if (outcome.isForeign) {
      this.#isIntroduced = false;
      if (this.#clientId === undefined) this.#askForId();
      else this.#opened({ client_id: this.#clientId });
    } else {
      const { code = 'ERR_PUBSUB_PROTOCOL', message } = outcome.failure;
      // A server that is full, or ends, may take it later, or its successor.
      if (code === 'ERR_PUBSUB_LIMIT' || code === 'ERR_PUBSUB_CLOSED') this.#drop(message);
      else this.#end(new PubSubError(code, message));
    }
  }

  #opened({ client_id: clientId, epoch, limits, capabilities }: Result): void {
    clearTimeout(this.#dialTimer);
    this.#state = 'open';
    this.#options.backoff.opened();
    const {
      frame_bytes: frameBytes,
      json_depth: jsonDepth,
      silence_time: silence,
    } = isObject(limits) ? limits : {};
    this.#server = {
      frameBytes: isCount(frameBytes) ? frameBytes : Infinity,
      jsonDepth: isCount(jsonDepth) ? jsonDepth : Infinity,
    };
    if (isCount(silence) && silence > 0) {
      this.#pulse = setInterval(() => this.#beat(), Math.min(silence, maxPulse) / 2);
      holdProcess(this.#pulse, false);
    }
    this.#handlers.opened({
      epoch: typeof epoch === 'string' ? epoch : undefined,
      clientId: typeof clientId === 'string' ? clientId : undefined,
      capabilities: negotiate(capabilities, jsonRpcCapabilities),
    });
  }

  /** A server that has said nothing since the last time, not even to a ping, is not there any more. */
  #beat(): void {
    if (this.#isSilent) {
      this.#drop('the server has been silent for too long');
    } else {
      this.#isSilent = true;
      this.#say(request(pingMethod, pingMethod, {}));
    }
  }

  /** What the server would not even read, and so could not refuse. */
  #problemOf(text: string): string | undefined {
    const { frameBytes, jsonDepth } = this.#server;
    if (text.length * 3 > frameBytes && new TextEncoder().encode(text).length > frameBytes) {
      return `the request exceeds the server's limit of ${frameBytes} bytes (frameBytes)`;
    }
    if (isDeeperThan(jsonDepth, text)) {
      return `the request is nested deeper than the server's limit of ${jsonDepth} levels (jsonDepth)`;
    }
    return undefined;
  }

  #refuse(id: RequestId, failure: Failure): void {
    queueMicrotask(() => {
      if (this.#state === 'open') this.#handlers.receive([{ kind: 'response', id, ok: false, failure }]);
    });
  }

  #say(message: object): void {
    this.#text?.send([JSON.stringify(message)]);
  }

  /** Gives this pipe up from this side. */
  #drop(problem: string): void {
    this.#text?.destroy();
    this.#lost(problem);
  }

  #lost(problem: string): void {
    if (this.#state === 'over') return;
    this.#options.backoff.failed();
    if (this.#state === 'open') {
      this.#finish();
      this.#handlers.closed({
        isFinal: false,
        error: new PubSubError('ERR_PUBSUB_CLOSED', `the link was lost: ${problem}`),
      });
      return;
    }
    const reason = this.#lastWords ?? problem;
    this.#lastWords = undefined;
    this.#options.tellProblem(reason);
    log('%s cannot be reached: %s', this.#options.dialer.target, reason);
    clearTimeout(this.#dialTimer);
    this.#text = undefined;
    this.#dialTimer = setTimeout(() => this.#dial(), this.#options.backoff.delay);
    this.hold(this.#holdsProcess);
  }

  #end(error: PubSubError): void {
    this.#finish();
    this.#text?.close();
    this.#handlers.closed({ isFinal: true, error });
  }

  #finish(): void {
    this.#state = 'over';
    clearTimeout(this.#dialTimer);
    clearInterval(this.#pulse);
  }
}

/** What the limits of a frame are called on this side. */
const frameLimit = { frameBytes: 'serverFrameBytes', frameTime: 'frameTime' } as const;

/** Whatever a server says, a client looks that often, in milliseconds. */
const maxPulse = 120_000;
