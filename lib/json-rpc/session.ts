/**
 * One JSON-RPC peer, on the server: the pipe to it below, the server's connection above. Keeps the limits of the
 * edge, greets, and gives each answer the form in which it was asked for. What a request means is the server's matter.
 */
import { debugLog } from '../debug.js';
import { isPubSubErrorCode, PubSubError } from '../errors.js';
import type { Channel } from '../protocol/channel.js';
import type { Limits, TurnedAway } from '../protocol/limits.js';
import type { Failure, Malformed, Request, Response, Result, ServerMessage } from '../protocol/messages.js';
import { unauthorized } from '../server/access.js';
import type { Accepted, AdapterHost } from '../server/adapter.js';
import { BatchReply } from './batch-reply.js';
import { eventTexts, spellReply, type ReplyForm } from './replies.js';
import { openFrame, readElement, type Incoming } from './frames.js';
import { Rate } from './rate.js';
import type { TextChannel, TextHandlers } from './text-channel.js';
import { helloMethod, pingMethod, protocolVersion } from './wire.js';

const log = debugLog('json-rpc');

/** What a session needs of its adapter. */
export interface SessionHost extends Pick<AdapterHost, 'epoch' | 'limits' | 'accept' | 'turnedAway'> {
  readonly isTrusted: boolean;
  /** It is over. */
  ended(session: Session): void;
}

/** A request that the server has not answered yet. */
interface Asked {
  readonly form: ReplyForm;
  readonly batch: BatchReply | undefined;
}

export class Session implements TextHandlers, Channel<ServerMessage> {
  readonly label: string;
  readonly #host: SessionHost;
  readonly #text: TextChannel;
  /** The server's side of it, once the peer has said something that is for the server. */
  #accepted: Accepted | undefined;
  #isOver = false;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  /** What is to be said, from the first batch whose answer is not complete. */
  readonly #output: (readonly string[] | BatchReply)[] = [];
  readonly #rate: Rate | undefined;
  /** Frames beyond the rate. */
  #waiting: string[] = [];
  #rateTimer: ReturnType<typeof setTimeout> | undefined;
  #identifyTimer: ReturnType<typeof setTimeout> | undefined;
  /** Whether the peer has said that it will never be silent for long. */
  #hasHeartbeat = false;
  #isSilent = false;

  constructor(text: TextChannel, label: string, host: SessionHost) {
    this.label = label;
    this.#text = text;
    this.#host = host;
    if (!host.isTrusted) {
      this.#rate = new Rate(host.limits.requestsPerSecond);
      this.#identifyTimer = setTimeout(() => this.#tooLate(), host.limits.identifyTime).unref();
    }
  }

  get frameBytes(): number {
    return this.#host.limits[this.#frameLimit];
  }

  receive(texts: readonly string[]): void {
    this.heard();
    for (const text of texts) {
      if (this.#isOver) return;
      if (this.#rateTimer === undefined && (this.#rate?.wait ?? 0) === 0) this.#receive(text);
      else this.#postpone(text);
    }
  }

  heard(): void {
    this.#isSilent = false;
  }

  exceeded(limit: 'frameBytes' | 'frameTime'): void {
    this.#breach(limit === 'frameBytes' ? this.#frameLimit : limit);
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
      if (message.kind === 'events') {
        sayReplies();
        this.#say(eventTexts(message.columns));
      } else if (message.kind === 'response') {
        // No other kind of answer comes, since nothing is asked in columns.
        const asked = this.#asked.get(Number(message.id));
        if (asked === undefined) continue;
        this.#asked.delete(Number(message.id));
        const { form, batch } = asked;
        if (batch !== undefined && form.kind === 'response') {
          sayReplies();
          this.#answerIn(batch, form, message);
        } else {
          replies.push(JSON.stringify(spellReply(form, message)));
        }
      }
    }
    sayReplies();
  }

  close(): void {
    if (this.#isOver) return;
    this.#release();
    this.#text.close();
  }

  /** To be called at intervals: a peer that has said nothing in the last one is asked for a sign of life, and in the one before given up. */
  checkSilence(): void {
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

  #receive(text: string): void {
    const { limits } = this.#host;
    const frame = openFrame(text, limits);
    if ('limit' in frame) {
      this.#rate?.take(1);
      this.#host.turnedAway(frame.limit);
      this.#say([JSON.stringify(spellReply(toNobody, failed(beyond(frame.limit, limits))))]);
      return;
    }
    if ('problem' in frame) {
      this.#rate?.take(1);
      this.#ask(frame.problem, undefined);
      return;
    }
    this.#rate?.take(frame.elements.length);
    const incoming = frame.elements.flatMap((element) => readElement(element, ++this.#lastId, limits) ?? []);
    const inBatch = incoming.filter(({ form }) => form.kind === 'response').length;
    const batch = frame.isBatch ? new BatchReply(inBatch) : undefined;
    for (const one of incoming) if (!this.#isOver) this.#ask(one, batch);
  }

  #ask({ form, message }: Incoming, batch: BatchReply | undefined): void {
    const asked: Asked = { form, batch };
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

  /** The handshake, for those who have one: says who they are before they ask for anything. */
  #greet(asked: Asked, { clientId, params }: Request): void {
    const { epoch, isTrusted, limits } = this.#host;
    let accepted: Accepted;
    try {
      if (this.#accepted !== undefined)
        throw new PubSubError('ERR_PUBSUB_PROTOCOL', 'hello must come first, and once');
      const { version = protocolVersion } = params;
      if (version !== protocolVersion) {
        throw new PubSubError(
          'ERR_PUBSUB_UNSUPPORTED',
          `this server speaks version ${protocolVersion} of the protocol`,
        );
      }
      if (clientId === undefined && !isTrusted) throw unauthorized();
      accepted = this.#accept(clientId);
    } catch (error) {
      this.#refuse(asked, toFailure(error));
      return;
    }
    this.#accepted = accepted;
    this.#hasHeartbeat = params['heartbeat'] === true;
    const { frameBytes: frame_bytes, jsonDepth: json_depth, silenceTime: silence_time } = limits;
    const result: Result = {
      client_id: accepted.clientId,
      epoch,
      capabilities: [],
      limits: { frame_bytes, json_depth, silence_time },
    };
    this.#answer(asked, { kind: 'response', id: '', ok: true, result });
  }

  #accept(clientId: string | undefined): Accepted {
    return this.#host.accept(this, { label: this.label, clientId });
  }

  /** Whom the server does not take in has nothing else to do here. */
  #refuse(asked: Asked, failure: Failure): void {
    this.#answer(asked, failed(failure));
    this.#end(`it was refused: ${failure.code ?? 'unknown'}`);
  }

  #answer({ form, batch }: Asked, response: Response): void {
    if (batch !== undefined && form.kind === 'response') this.#answerIn(batch, form, response);
    else this.#say([JSON.stringify(spellReply(form, response))]);
  }

  /** A batch has its place where its first answer had been, so that no event overtakes an answer in it. */
  #answerIn(batch: BatchReply, form: ReplyForm, response: Response): void {
    batch.add(spellReply(form, response));
    if (this.#output.includes(batch)) this.#drain();
    else this.#say(batch);
  }

  #say(output: readonly string[] | BatchReply): void {
    this.#output.push(output);
    this.#drain();
  }

  #drain(): void {
    for (let next = this.#output[0]; next !== undefined; next = this.#output[0]) {
      if (next instanceof BatchReply && !next.isComplete) return;
      this.#output.shift();
      this.#write(next instanceof BatchReply ? [next.toText()] : next);
    }
  }

  #write(texts: readonly string[]): void {
    if (this.#isOver) return;
    const limit = this.#isKnown ? 'outputBytes' : 'unknownOutputBytes';
    // Looked at before, so that one answer or event always fits.
    if (this.#text.backlog > this.#host.limits[limit]) this.#endNow(limit);
    else this.#text.send(texts);
  }

  /** Beyond its rate a peer is not listened to. */
  #postpone(text: string): void {
    if (this.#rateTimer === undefined) {
      this.#host.turnedAway('requestsPerSecond');
      this.#text.pause();
      this.#rateTimer = setTimeout(() => this.#resume(), this.#rate?.wait ?? 0).unref();
    }
    this.#waiting.push(text);
    // What was on its way is no more than that, unless the medium cannot pause.
    if (this.#waiting.length > maxWaiting) this.#endNow('requestsPerSecond');
  }

  #resume(): void {
    this.#rateTimer = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.receive(waiting);
    if (this.#rateTimer === undefined && !this.#isOver) this.#text.resume();
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
    if (this.#accepted === undefined) log('%s is gone: %s', this.label, reason);
  }

  #release(): void {
    this.#isOver = true;
    clearTimeout(this.#identifyTimer);
    clearTimeout(this.#rateTimer);
    this.#waiting = [];
    this.#output.length = 0;
    this.#asked.clear();
    this.#host.ended(this);
  }
}

type LimitName = Exclude<TurnedAway, 'origins'>;

/** Frames that a paused medium may still deliver: what fits into one read of 64 KiB, at least two bytes each. */
const maxWaiting = 32 * 1024;

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
