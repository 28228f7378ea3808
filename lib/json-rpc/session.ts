/**
 * One JSON-RPC peer, on the server: the pipe to it below, the server's connection above. Keeps the limits of the
 * edge, greets, and gives each answer the form in which it was asked for. What a request means is the server's matter.
 */
import { debugLog } from '../debug.js';
import { isPubSubErrorCode, PubSubError } from '../errors.js';
import type { Capability } from '../protocol/capabilities.js';
import type { ServerChannel } from '../protocol/channel.js';
import type { Limits, TurnedAway } from '../protocol/limits.js';
import { spellGap } from '../protocol/missed.js';
import type { Failure, Malformed, Request, Response, Result, ServerMessage } from '../protocol/messages.js';
import type { Accepted, AdapterHost } from '../server/adapter.js';
import { readHello, welcome } from './greeting.js';
import { BatchReply, Output, type BatchPlace } from './output.js';
import { eventTexts, spellReply, type ReplyForm } from './replies.js';
import { openFrame, readElement, type Incoming } from './frames.js';
import type { TextChannel, TextHandlers, TextPeer } from './text-channel.js';
import { Throttle } from './throttle.js';
import { gapMethod, helloMethod, notification, pingMethod } from './wire.js';

const log = debugLog('json-rpc');

/** What a session needs of its adapter. */
export interface SessionHost extends Pick<AdapterHost, 'epoch' | 'limits' | 'accept' | 'turnedAway'> {
  readonly isTrusted: boolean;
  /** It is over. */
  ended(session: Session): void;
  /** And the medium holds nothing of it any more. */
  gone(peer: TextPeer): void;
}

/** A request that the server has not answered yet. */
interface Asked {
  readonly form: ReplyForm;
  /** Where the answer belongs, if it is one of several. */
  readonly place: BatchPlace | undefined;
}

export class Session implements TextHandlers, ServerChannel {
  readonly #peer: TextPeer;
  readonly #host: SessionHost;
  readonly #text: TextChannel;
  /** The server's side of it, once the peer has said something that is for the server. */
  #accepted: Accepted | undefined;
  #isOver = false;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  readonly #output = new Output((texts) => this.#write(texts));
  /** None for a peer that is trusted. */
  readonly #throttle: Throttle | undefined;
  #identifyTimer: ReturnType<typeof setTimeout> | undefined;
  #capabilities: readonly Capability[] = [];
  /** Whether the peer has said that it will never be silent for long. */
  #hasHeartbeat = false;
  #isSilent = false;

  constructor(text: TextChannel, peer: TextPeer, host: SessionHost) {
    this.#peer = peer;
    this.#text = text;
    this.#host = host;
    if (!host.isTrusted) {
      this.#throttle = new Throttle(host.limits.requestsPerSecond, {
        receive: (frame) => this.#receive(frame),
        pause: () => {
          host.turnedAway('requestsPerSecond');
          text.pause();
        },
        resume: () => text.resume(),
        overflowed: () => this.#endNow('requestsPerSecond'),
      });
      this.#identifyTimer = setTimeout(() => this.#tooLate(), host.limits.identifyTime).unref();
    }
  }

  /**
   * Half of the output is for events; the rest is for answers, which are never left out. A peer that cannot be told
   * what it has missed gets all of it, until that ends its connection.
   */
  get backlog(): number {
    if (!this.takesGaps) return 0;
    return (this.#pending * 2) / this.#host.limits[this.#outputLimit];
  }

  get takesGaps(): boolean {
    return this.#capabilities.includes('gap');
  }

  get frameBytes(): number {
    return this.#host.limits[this.#frameLimit];
  }

  receive(texts: readonly string[]): void {
    this.heard();
    for (const text of texts) {
      if (this.#isOver) return;
      if (this.#throttle === undefined) this.#receive(text);
      else this.#throttle.receive(text);
    }
  }

  heard(): void {
    this.#isSilent = false;
  }

  drained(): void {
    this.#accepted?.drained();
  }

  exceeded(limit: 'frameBytes' | 'frameTime'): void {
    this.#breach(limit === 'frameBytes' ? this.#frameLimit : limit);
  }

  gone(): void {
    this.#host.gone(this.#peer);
  }

  closed(error?: Error): void {
    this.#finish(error?.message ?? 'it closed its link');
  }

  send(messages: readonly ServerMessage[]): void {
    let replies: string[] = [];
    const sayReplies = (): void => {
      if (replies.length > 0) this.#say(replies);
      replies = [];
    };
    for (const message of messages) {
      // What was said may have been too much for the peer.
      if (this.#isOver) return;
      if (message.kind === 'events') {
        sayReplies();
        this.#say(eventTexts(message.columns));
      } else if (message.kind === 'missed') {
        sayReplies();
        this.#say([JSON.stringify(notification(gapMethod, spellGap(message)))]);
      } else if (message.kind === 'response') {
        // No other kind of answer comes, since nothing is asked in columns.
        const asked = this.#asked.get(Number(message.id));
        if (asked === undefined) continue;
        this.#asked.delete(Number(message.id));
        const { form, place } = asked;
        const reply = JSON.stringify(spellReply(form, message));
        if (place === undefined) {
          replies.push(reply);
        } else {
          sayReplies();
          this.#sayIn(place, reply);
        }
      }
    }
    sayReplies();
  }

  close(): void {
    if (this.#isOver) return;
    this.#output.finish();
    // Which may have been too much for the peer.
    if (this.#isOver) return;
    this.#release();
    this.#text.close();
  }

  /** To be called at intervals: a peer that has said nothing in the last one is asked for a sign of life, and in the one before given up. */
  checkSilence(): void {
    // Nobody is heard who is not listened to.
    if (this.#throttle?.isWaiting === true) return;
    if (this.#text.ping === undefined && !this.#hasHeartbeat) return;
    if (this.#isSilent) {
      this.#endNow('silenceTime');
    } else {
      this.#isSilent = true;
      this.#text.ping?.();
    }
  }

  /** Whether the peer need not say any more who it is. */
  get #isKnown(): boolean {
    return this.#host.isTrusted || this.#accepted?.clientId !== undefined;
  }

  get #frameLimit(): 'frameBytes' | 'unknownFrameBytes' {
    return this.#isKnown ? 'frameBytes' : 'unknownFrameBytes';
  }

  get #outputLimit(): 'outputBytes' | 'unknownOutputBytes' {
    return this.#isKnown ? 'outputBytes' : 'unknownOutputBytes';
  }

  #receive(text: string): void {
    const { limits } = this.#host;
    const frame = openFrame(text, limits);
    if ('limit' in frame) {
      this.#throttle?.take(1);
      this.#host.turnedAway(frame.limit);
      this.#say([JSON.stringify(spellReply(toNobody, failed(beyond(frame.limit, limits))))]);
      return;
    }
    if ('problem' in frame) {
      this.#throttle?.take(1);
      this.#ask(frame.problem, undefined);
      return;
    }
    this.#throttle?.take(frame.elements.length);
    const incoming = frame.elements.flatMap((element) => readElement(element, ++this.#lastId, limits) ?? []);
    const inBatch = incoming.filter(({ form }) => form.kind === 'response').length;
    const batch = frame.isBatch ? new BatchReply(inBatch) : undefined;
    let next = 0;
    for (const one of incoming) {
      if (this.#isOver) return;
      const isInBatch = batch !== undefined && one.form.kind === 'response';
      this.#ask(one, isInBatch ? { batch, place: next++ } : undefined);
    }
  }

  #ask({ form, message }: Incoming, place: BatchPlace | undefined): void {
    const asked: Asked = { form, place };
    if (message.kind === 'request' && message.method === helloMethod) {
      this.#greet(asked, message);
    } else if (message.kind === 'request' && message.method === pingMethod) {
      this.#answer(asked, { kind: 'response', id: '', ok: true, result: {} });
    } else {
      this.#passOn(asked, message);
    }
    if (this.#isKnown) clearTimeout(this.#identifyTimer);
  }

  #passOn(asked: Asked, message: Request | Malformed): void {
    try {
      this.#accepted ??= this.#accept(undefined);
    } catch (error) {
      this.#refuse(asked, toFailure(error));
      return;
    }
    const id = message.kind === 'request' ? message.id : ++this.#lastId;
    this.#asked.set(Number(id), asked);
    this.#accepted.receive([{ ...message, id }]);
  }

  /** Says who the peer is before it asks for anything. */
  #greet(asked: Asked, hello: Request): void {
    if (this.#accepted !== undefined) {
      this.#answer(
        asked,
        failed({ code: 'ERR_PUBSUB_PROTOCOL', message: 'hello must come first, and once' }),
      );
      return;
    }
    let result: Result;
    try {
      const greeting = readHello(hello, this.#host.isTrusted);
      this.#accepted = this.#accept(greeting.clientId);
      this.#capabilities = greeting.capabilities;
      this.#hasHeartbeat = greeting.hasHeartbeat;
      result = welcome(this.#accepted.clientId, greeting, this.#host);
    } catch (error) {
      this.#refuse(asked, toFailure(error));
      return;
    }
    this.#answer(asked, { kind: 'response', id: '', ok: true, result });
  }

  #accept(clientId: string | undefined): Accepted {
    return this.#host.accept(this, { label: this.#peer.label, clientId });
  }

  /** Whom the server does not take in has nothing else to do here. */
  #refuse(asked: Asked, failure: Failure): void {
    this.#answer(asked, failed(failure));
    this.#end(`it was refused: ${failure.code ?? 'unknown'}`);
  }

  #answer({ form, place }: Asked, response: Response): void {
    const reply = JSON.stringify(spellReply(form, response));
    if (place === undefined) this.#say([reply]);
    else this.#sayIn(place, reply);
  }

  #say(texts: readonly string[]): void {
    if (this.#hasRoom()) this.#output.say(texts);
  }

  #sayIn(place: BatchPlace, reply: string): void {
    if (!this.#hasRoom()) return;
    const waited = this.#output.length;
    this.#output.sayIn(place, reply);
    // Room may have come in the server's absence.
    if (waited > 0 && this.#output.length === 0) this.drained();
  }

  /** What the peer is still to get, be it in its medium or behind an answer that has not come. */
  get #pending(): number {
    return this.#text.backlog + this.#output.length;
  }

  /** Looked at before, so that one answer or event always fits. One for whom there is none is over. */
  #hasRoom(): boolean {
    if (this.#isOver) return false;
    const limit = this.#outputLimit;
    if (this.#pending <= this.#host.limits[limit]) return true;
    this.#endNow(limit);
    return false;
  }

  #write(texts: readonly string[]): void {
    if (this.#isOver) return;
    const limit = this.#outputLimit;
    // Also where what waited for an answer to a batch is said at once.
    if (this.#text.backlog > this.#host.limits[limit]) this.#endNow(limit);
    else this.#text.send(texts);
  }

  #tooLate(): void {
    if (!this.#isKnown) this.#breach('identifyTime');
  }

  /** Says which limit it was, and ends. */
  #breach(limit: LimitName): void {
    if (this.#isOver) return;
    this.#host.turnedAway(limit);
    const failure = beyond(limit, this.#host.limits);
    this.#write([JSON.stringify(spellReply(toNobody, failed(failure)))]);
    this.#end(failure.message);
  }

  #end(reason: string): void {
    if (this.#isOver) return;
    this.#output.finish();
    this.#text.close();
    this.#finish(reason);
  }

  /** There is no use in saying why. The server may be speaking to it right now, and hears of it later. */
  #endNow(limit: LimitName): void {
    if (this.#isOver) return;
    this.#host.turnedAway(limit);
    this.#text.destroy();
    this.#release();
    queueMicrotask(() => this.#tellServer(beyond(limit, this.#host.limits).message));
  }

  #finish(reason: string): void {
    if (this.#isOver) return;
    this.#release();
    this.#tellServer(reason);
  }

  #tellServer(reason: string): void {
    this.#accepted?.closed({ isFinal: true, error: new PubSubError('ERR_PUBSUB_CLOSED', reason) });
    if (this.#accepted === undefined) log('%s is gone: %s', this.#peer.label, reason);
  }

  #release(): void {
    this.#isOver = true;
    clearTimeout(this.#identifyTimer);
    this.#throttle?.stop();
    this.#asked.clear();
    this.#host.ended(this);
  }
}

type LimitName = Exclude<TurnedAway, 'origins'>;

const toNobody: ReplyForm = { kind: 'response', id: null };

function failed(failure: Failure): Response {
  return { kind: 'response', id: '', ok: false, failure };
}

function beyond(name: LimitName, limits: Limits): Failure {
  return { code: 'ERR_PUBSUB_LIMIT', message: `beyond the limit of ${limits[name]} (${name})` };
}

function toFailure(error: unknown): Failure {
  if (error instanceof PubSubError && isPubSubErrorCode(error.code)) return error;
  return { code: 'ERR_PUBSUB_PROTOCOL', message: 'the server failed to take the client in' };
}
