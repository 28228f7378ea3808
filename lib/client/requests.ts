/**
 * The requests of one client from their call to their end: queued until there is a link, numbered and grouped
 * when sent, matched with their answers, bounded in number and size, and each ended in time. Knows no link
 * and no subscription.
 */
import { PubSubError } from '../errors.js';
import { eventWeight, type Window } from '../protocol/channel.js';
import { ColumnsBuilder } from '../protocol/columns.js';
import { Fifo } from '../protocol/fifo.js';
import { isCount } from '../protocol/guards.js';
import type { Limits } from '../protocol/limits.js';
import type {
  ClientMessage,
  Failure,
  Params,
  RequestId,
  Result,
  ServerMessage,
} from '../protocol/messages.js';
import type { EncodedValue } from '../protocol/value.js';
import { Alarm } from './alarm.js';
import type { RequestOptions } from './api.js';

/** What is asked: a publish, whose value is encoded already, or any other method, with the `length` of the values in it. */
export type Ask =
  | { readonly event: string; readonly value: EncodedValue }
  | { readonly method: string; readonly params: Params; readonly length?: number };

/** What comes of it. Exactly one of the first three is called, once. */
export interface Outcome {
  /** Where a publish was asked for, with the number of listeners and nothing else. */
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
  /** The link was lost before the answer; without this it is rejected if it was sent, and else sent on the next link. */
  readonly lost?: () => void;
  /** Called after `reject` where the request was given up and then carried out all the same. */
  readonly undo?: (result: Result) => void;
}

export interface AddOptions extends RequestOptions {
  readonly timeout: number;
  /** Whether it is needed to restore what was granted before, and so is not bound by the limits. */
  readonly isExempt?: boolean;
}

/** What somebody waits for: the answer to a request, or room for one. */
interface Pending {
  /** What is asked, until it is sent: an answer needs no value. */
  ask: Ask | undefined;
  readonly method: string;
  /** Of its value. */
  readonly length: number;
  readonly outcome: Outcome;
  readonly timeout: number;
  /** By the clock of `performance.now()`. */
  readonly deadline: number;
  state: 'waits for room' | 'queued' | 'sent' | 'given up' | 'done';
  stopListening: (() => void) | undefined;
}

export class Requests {
  readonly #limits: Limits;
  /** What to tell whoever waited in vain for a link, and how many milliseconds. */
  readonly #noLink: (waited: number) => PubSubError;
  /** In the order of their calls. One that has left from the middle stays, done, until its turn comes. */
  readonly #queue = new Fifo<Pending>();
  #queued = 0;
  /** By their ids, which are in a row; a place is empty once its request has been answered. */
  readonly #sent = new Fifo<Pending | undefined>();
  /** Of the first one in it. */
  #firstId = 1;
  readonly #alarm = new Alarm(() => this.#endOverdue());
  readonly #waiting = new Set<Pending>();
  /** What may be sent and not answered, while there is a link; what of that is. In characters. */
  #flight: number | undefined;
  #inFlight = 0;
  /** Not ended, and among these those that somebody still waits for. */
  #count = 0;
  #awaited = 0;
  #length = 0;
  #queuedLength = 0;
  #published = 0;
  #whenDrained: (() => void) | undefined;

  constructor(limits: Limits, noLink: (waited: number) => PubSubError) {
    this.#limits = limits;
    this.#noLink = noLink;
  }

  /** How many are not ended. */
  get count(): number {
    return this.#count;
  }

  /** How many publishes were accepted. */
  get published(): number {
    return this.#published;
  }

  /** Whether any wait to be sent. */
  get areQueued(): boolean {
    return this.#queued > 0;
  }

  /** Whether what waits to be sent is as much as should travel together. */
  get fillsBatch(): boolean {
    return this.#queued >= this.#limits.batchMessages || this.#queuedLength >= this.#limits.batchLength;
  }

  /** There is a link, on which so much of `window`, if the server has one, may be unanswered. */
  link(window: Window | undefined): void {
    this.#flight = (window?.length ?? Infinity) * flightPart;
  }

  /** @throws PubSubError `ERR_PUBSUB_BACKPRESSURE`; or the reason of a signal that is aborted already. */
  add(ask: Ask, outcome: Outcome, { signal, timeout, isExempt = false }: AddOptions): void {
    signal?.throwIfAborted();
    const length = lengthOf(ask);
    const { outboxMessages, outboxLength } = this.#limits;
    const isFull = this.#count >= outboxMessages || (this.#count > 0 && this.#length + length > outboxLength);
    if (isFull && !isExempt) {
      throw new PubSubError(
        'ERR_PUBSUB_BACKPRESSURE',
        `the outbox is full: ${outboxMessages} requests (outboxMessages) or ${outboxLength} characters (outboxLength)`,
      );
    }
    this.#queue.push(this.#begin(ask, outcome, length, signal, timeout));
    this.#queued += 1;
    this.#count += 1;
    this.#length += length;
    this.#queuedLength += length;
  }

  /**
   * Calls `outcome` when no more than half of what may wait does, which may be at once.
   *
   * @throws the reason of a signal that is aborted already.
   */
  awaitRoom(outcome: Outcome, { signal, timeout }: AddOptions): void {
    signal?.throwIfAborted();
    this.#waiting.add(this.#begin(undefined, outcome, 0, signal, timeout));
    this.#settled();
  }

  #begin(
    ask: Ask | undefined,
    outcome: Outcome,
    length: number,
    signal: AbortSignal | undefined,
    timeout: number,
  ): Pending {
    const deadline = performance.now() + timeout;
    const pending: Pending = {
      ask,
      method: ask !== undefined && 'method' in ask ? ask.method : 'publish',
      length,
      outcome,
      timeout,
      deadline,
      state: ask === undefined ? 'waits for room' : 'queued',
      stopListening: undefined,
    };
    if (signal !== undefined) {
      const onAbort = (): void => this.#giveUp(pending, signal.reason);
      signal.addEventListener('abort', onAbort, { once: true });
      pending.stopListening = () => signal.removeEventListener('abort', onAbort);
    }
    this.#awaited += 1;
    this.#alarm.setFor(deadline);
    return pending;
  }

  /** Takes as much of what is queued as may travel together, to be sent now; nothing where nothing may be sent. */
  take(): ClientMessage[] {
    const { batchMessages, batchLength, outboxMessages } = this.#limits;
    const flight = this.#flight ?? 0;
    const messages: ClientMessage[] = [];
    let run: ColumnsBuilder | undefined;
    let first = 0;
    let count = 0;
    let length = 0;
    const endRun = (): void => {
      if (run !== undefined) messages.push({ kind: 'publishes', first, columns: run.build() });
      run = undefined;
    };
    while (this.#queued > 0 && count < batchMessages && length < batchLength && this.#inFlight < flight) {
      const pending = this.#queue.shift();
      const { ask } = pending;
      if (ask === undefined) continue;
      this.#queued -= 1;
      const id = this.#nextId;
      pending.state = 'sent';
      pending.ask = undefined;
      this.#sent.push(pending);
      // A server that has answered so many after the first one will not answer that.
      if (this.#sent.length - this.#count > 2 * outboxMessages)
        this.#fail(this.#firstId, noAnswer(this.#sent.at(0) as Pending));
      if ('value' in ask) {
        if (run === undefined) {
          run = new ColumnsBuilder();
          first = id;
        }
        run.add(ask.event, ask.value);
      } else {
        endRun();
        messages.push({ kind: 'request', id, clientId: undefined, method: ask.method, params: ask.params });
      }
      count += 1;
      length += pending.length;
      this.#inFlight += pending.length + eventWeight;
    }
    endRun();
    this.#queuedLength -= length;
    return messages;
  }

  /** Ends what `answer` answers. An answer to nothing is ignored: its request has been given up. */
  answer(answer: Extract<ServerMessage, { kind: 'response' | 'published' | 'refused' }>): void {
    switch (answer.kind) {
      case 'response':
        if (answer.ok) this.#succeed(answer.id, answer.result);
        else this.#fail(answer.id, answer.failure);
        break;
      case 'published': {
        let first = answer.first;
        for (let run = 0; run < answer.listeners.length; run += 2) {
          const count = answer.listeners[run] as number;
          const result = { listeners: answer.listeners[run + 1] };
          this.#forEach(first, count, (id) => this.#succeed(id, result));
          first += count;
        }
        break;
      }
      case 'refused':
        this.#forEach(answer.first, answer.count, (id) => this.#fail(id, answer.failure));
        break;
    }
    this.#settled();
  }

  /** The link is lost: ends what was sent and not answered. What is queued stays for the next one. */
  loseLink(): void {
    const sent = this.#sent.keep(() => true);
    this.#firstId = this.#nextId;
    this.#sent.keep(() => false);
    this.#inFlight = 0;
    this.#flight = undefined;
    for (const pending of sent) {
      if (pending === undefined || !this.#end(pending)) continue;
      const { outcome } = pending;
      if (outcome.lost === undefined) outcome.reject(lostInFlight(pending));
      else outcome.lost();
    }
    for (const pending of this.#everyQueued()) {
      const { lost } = pending.outcome;
      if (lost === undefined) continue;
      this.#unqueue(pending);
      lost();
    }
    this.#settled();
  }

  /** Ends what is queued: there will be no link. */
  loseQueued(error: PubSubError): void {
    for (const pending of this.#everyQueued()) this.#giveUp(pending, error);
  }

  /** Ends the waiting for room: there will be no link. */
  loseRoom(error: PubSubError): void {
    for (const pending of [...this.#waiting]) this.#giveUp(pending, error);
  }

  /** Resolves when nobody waits for one any more, which is in time, whether or not it is ever answered. */
  async drained(): Promise<void> {
    if (this.#awaited > 0) await new Promise<void>((resolve) => (this.#whenDrained = resolve));
  }

  /** Whether a request that waits keeps the process alive. Default: it does. */
  hold(holds: boolean): void {
    this.#alarm.hold(holds);
  }

  get #nextId(): number {
    return this.#firstId + this.#sent.length;
  }

  #succeed(id: RequestId, result: Result): void {
    const pending = this.#takeSent(Number(id));
    if (pending === undefined) return;
    const { method, outcome } = pending;
    const { listeners } = result;
    if (!this.#end(pending)) {
      outcome.undo?.(result);
    } else if (method !== 'publish') {
      outcome.resolve(result);
    } else if (isCount(listeners)) {
      this.#published += 1;
      outcome.resolve({ listeners });
    } else {
      outcome.reject(new PubSubError('ERR_PUBSUB_PROTOCOL', 'the server did not count the listeners'));
    }
  }

  #fail(id: RequestId, { code = 'ERR_PUBSUB_PROTOCOL', message }: Failure): void {
    const pending = this.#takeSent(Number(id));
    if (pending !== undefined && this.#end(pending)) pending.outcome.reject(new PubSubError(code, message));
  }

  #takeSent(id: number): Pending | undefined {
    const sent = this.#sent;
    const position = id - this.#firstId;
    // Also where it is no number.
    if (!(position >= 0 && position < sent.length)) return undefined;
    const pending = sent.at(position);
    if (pending === undefined) return undefined;
    sent.put(position, undefined);
    while (sent.length > 0 && sent.at(0) === undefined) {
      sent.shift();
      this.#firstId += 1;
    }
    this.#inFlight -= pending.length + eventWeight;
    return pending;
  }

  #everyQueued(): readonly Pending[] {
    return this.#queue.keep(({ state }) => state === 'queued');
  }

  /** The caller need not wait any longer; what was sent goes on counting until it is answered. */
  #giveUp(pending: Pending, reason: unknown): void {
    if (pending.state === 'queued') this.#unqueue(pending);
    else if (pending.state === 'sent') this.#release(pending, 'given up');
    else if (this.#waiting.delete(pending)) this.#release(pending, 'done');
    else return;
    pending.outcome.reject(reason);
    this.#settled();
  }

  #unqueue(pending: Pending): void {
    pending.ask = undefined;
    this.#queued -= 1;
    this.#queuedLength -= pending.length;
    this.#end(pending);
    // Where nothing is sent, what has left must not stay for ever.
    if (this.#queue.length > 2 * this.#queued + 16) this.#everyQueued();
  }

  /** @returns whether somebody still waits for it, and is to be told now. */
  #end(pending: Pending): boolean {
    this.#count -= 1;
    this.#length -= pending.length;
    return this.#release(pending, 'done');
  }

  /** Nobody waits for it any more. @returns whether somebody did. */
  #release(pending: Pending, state: 'given up' | 'done'): boolean {
    const wasAwaited = pending.state !== 'given up';
    pending.state = state;
    if (wasAwaited) {
      pending.stopListening?.();
      this.#awaited -= 1;
    }
    return wasAwaited;
  }

  /** To be called when those who waited have been told. */
  #settled(): void {
    const { outboxMessages, outboxLength } = this.#limits;
    if (this.#count * 2 <= outboxMessages && this.#length * 2 <= outboxLength) {
      for (const pending of this.#waiting) {
        this.#release(pending, 'done');
        pending.outcome.resolve({});
      }
      this.#waiting.clear();
    }
    if (this.#awaited > 0) return;
    this.#alarm.clear();
    this.#whenDrained?.();
  }

  #notSent(waited: number): PubSubError {
    if (this.#flight === undefined) return this.#noLink(waited);
    return new PubSubError(
      'ERR_PUBSUB_BACKPRESSURE',
      `not sent within ${waited} ms: the server has not answered those before it`,
    );
  }

  /** Of `count` ids in a row only those that may be unanswered, whatever a server says. */
  #forEach(first: number, count: number, visit: (id: number) => void): void {
    const end = Math.min(first + count, this.#nextId);
    for (let id = Math.max(first, this.#firstId); id < end; id++) visit(id);
  }

  #endOverdue(): void {
    const now = performance.now();
    let next = Infinity;
    const check = (pending: Pending | undefined): void => {
      if (pending === undefined || pending.state === 'given up') return;
      if (pending.deadline > now) next = Math.min(next, pending.deadline);
      else if (pending.state === 'queued') this.#giveUp(pending, this.#notSent(pending.timeout));
      else this.#giveUp(pending, pending.state === 'sent' ? noAnswer(pending) : noRoom(pending));
    };
    for (const pending of [...this.#sent.keep(() => true), ...this.#everyQueued(), ...this.#waiting])
      check(pending);
    if (next < Infinity) this.#alarm.setFor(next);
  }
}

/** What one client may have unanswered, as a part of what the server lets wait for another. */
const flightPart = 1 / 4;

function lengthOf(ask: Ask): number {
  return 'value' in ask ? ask.value.length : (ask.length ?? 0);
}

function noAnswer({ method, timeout }: Pending): PubSubError {
  return new PubSubError(
    'ERR_PUBSUB_TIMEOUT',
    `no answer to a ${method} request within ${timeout} ms; the server may have carried it out`,
  );
}

function noRoom({ timeout }: Pending): PubSubError {
  return new PubSubError('ERR_PUBSUB_TIMEOUT', `no room in the outbox within ${timeout} ms`);
}

function lostInFlight({ method }: Pending): PubSubError {
  return new PubSubError(
    'ERR_PUBSUB_OUTCOME_UNKNOWN',
    `the link was lost before the answer to a ${method} request; the server may have carried it out`,
  );
}
