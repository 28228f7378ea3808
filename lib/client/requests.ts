/**
 * The requests of one client from their call to their end: queued until there is a link, numbered and grouped
 * when sent, matched with their answers, bounded in number and size, and each ended in time. Knows no link
 * and no subscription.
 */
import { PubSubError } from '../errors.js';
import { eventWeight, type Window } from '../protocol/channel.js';
import { ColumnsBuilder } from '../protocol/columns.js';
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

/** What is asked: a publish, whose value is encoded already, or any other method. */
export type Ask =
  | { readonly event: string; readonly value: EncodedValue }
  | { readonly method: string; readonly params: Params };

/** What comes of it. Exactly one of the first three is called, once. */
export interface Outcome {
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
  readonly ask: Ask | undefined;
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
  readonly #queue = new Set<Pending>();
  readonly #sent = new Map<number, Pending>();
  readonly #alarm = new Alarm(() => this.#endOverdue());
  readonly #waiting = new Set<Pending>();
  /** What may be sent and not answered, while there is a link; what of that is. In characters. */
  #flight: number | undefined;
  #inFlight = 0;
  #nextId = 1;
  /** Not ended, and among these those that somebody still waits for. */
  #count = 0;
  #awaited = 0;
  #length = 0;
  #queuedLength = 0;
  #whenDrained: (() => void) | undefined;

  constructor(limits: Limits, noLink: (waited: number) => PubSubError) {
    this.#limits = limits;
    this.#noLink = noLink;
  }

  /** How many are not ended. */
  get count(): number {
    return this.#count;
  }

  /** Whether any wait to be sent. */
  get areQueued(): boolean {
    return this.#queue.size > 0;
  }

  /** Whether what waits to be sent is as much as should travel together. */
  get fillsBatch(): boolean {
    return this.#queue.size >= this.#limits.batchMessages || this.#queuedLength >= this.#limits.batchLength;
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
    this.#queue.add(this.#begin(ask, outcome, { signal, timeout }));
    this.#count += 1;
    this.#length += length;
    this.#queuedLength += length;
  }

  /**
   * Calls `outcome` when no more than half of what may wait does, which may be at once.
   *
   * @throws the reason of a signal that is aborted already.
   */
  awaitRoom(outcome: Outcome, options: AddOptions): void {
    options.signal?.throwIfAborted();
    this.#waiting.add(this.#begin(undefined, outcome, options));
    this.#openRoom();
  }

  #begin(ask: Ask | undefined, outcome: Outcome, { signal, timeout }: AddOptions): Pending {
    const deadline = performance.now() + timeout;
    const state = ask === undefined ? 'waits for room' : 'queued';
    const pending: Pending = { ask, outcome, timeout, deadline, state, stopListening: undefined };
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
    const { batchMessages, batchLength } = this.#limits;
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
    for (const pending of this.#queue) {
      if (count >= batchMessages || length >= batchLength) break;
      if (this.#inFlight >= flight) break;
      this.#queue.delete(pending);
      const id = this.#nextId++;
      pending.state = 'sent';
      this.#sent.set(id, pending);
      const ask = pending.ask as Ask;
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
      length += lengthOf(ask);
      this.#inFlight += weightOf(ask);
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
        let id = answer.first;
        for (let run = 0; run < answer.listeners.length; run += 2) {
          const result = { listeners: answer.listeners[run + 1] };
          const end = this.#upTo(id + (answer.listeners[run] as number));
          while (id < end) this.#succeed(id++, result);
        }
        break;
      }
      case 'refused': {
        const end = this.#upTo(answer.first + answer.count);
        for (let id = answer.first; id < end; id++) this.#fail(id, answer.failure);
        break;
      }
    }
  }

  /** The link is lost: ends what was sent and not answered. What is queued stays for the next one. */
  loseLink(): void {
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    this.#inFlight = 0;
    this.#flight = undefined;
    for (const pending of sent) {
      const { outcome } = pending;
      this.#end(pending, () => (outcome.lost ?? (() => outcome.reject(lostInFlight(pending))))());
    }
    for (const pending of [...this.#queue]) {
      const { lost } = pending.outcome;
      if (lost !== undefined) this.#unqueue(pending, lost);
    }
  }

  /** Ends what is queued: there will be no link. */
  loseQueued(error: PubSubError): void {
    for (const pending of [...this.#queue]) this.#giveUp(pending, error);
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

  #succeed(id: RequestId, result: Result): void {
    const pending = this.#takeSent(id);
    if (pending?.state === 'given up') pending.outcome.undo?.(result);
    if (pending !== undefined) this.#end(pending, () => pending.outcome.resolve(result));
  }

  #fail(id: RequestId, { code = 'ERR_PUBSUB_PROTOCOL', message }: Failure): void {
    const pending = this.#takeSent(id);
    if (pending !== undefined)
      this.#end(pending, () => pending.outcome.reject(new PubSubError(code, message)));
  }

  #takeSent(id: RequestId): Pending | undefined {
    const pending = this.#sent.get(Number(id));
    if (pending === undefined) return undefined;
    this.#sent.delete(Number(id));
    this.#inFlight -= weightOf(pending.ask);
    return pending;
  }

  /** The caller need not wait any longer; what was sent goes on counting until it is answered. */
  #giveUp(pending: Pending, reason: unknown): void {
    if (pending.state === 'waits for room') {
      this.#endWaiting(pending, () => pending.outcome.reject(reason));
    } else if (pending.state === 'queued') {
      this.#unqueue(pending, () => pending.outcome.reject(reason));
    } else if (pending.state === 'sent') {
      pending.state = 'given up';
      this.#settle(pending, () => pending.outcome.reject(reason));
    }
  }

  #unqueue(pending: Pending, settle: () => void): void {
    this.#queue.delete(pending);
    this.#queuedLength -= lengthOf(pending.ask);
    this.#end(pending, settle);
  }

  #end(pending: Pending, settle: () => void): void {
    const wasGivenUp = pending.state === 'given up';
    pending.state = 'done';
    this.#count -= 1;
    this.#length -= lengthOf(pending.ask);
    if (!wasGivenUp) this.#settle(pending, settle);
    if (this.#waiting.size > 0) this.#openRoom();
  }

  #openRoom(): void {
    const { outboxMessages, outboxLength } = this.#limits;
    if (this.#count * 2 > outboxMessages || this.#length * 2 > outboxLength) return;
    for (const pending of [...this.#waiting]) this.#endWaiting(pending, () => pending.outcome.resolve({}));
  }

  #endWaiting(pending: Pending, settle: () => void): void {
    this.#waiting.delete(pending);
    pending.state = 'done';
    this.#settle(pending, settle);
  }

  #settle(pending: Pending, settle: () => void): void {
    pending.stopListening?.();
    this.#awaited -= 1;
    settle();
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

  /** No further than what was ever asked, whatever a server says. */
  #upTo(id: number): number {
    return Math.min(id, this.#nextId);
  }

  #endOverdue(): void {
    const now = performance.now();
    let next = Infinity;
    const check = (pending: Pending): void => {
      if (pending.state === 'given up') return;
      if (pending.deadline > now) next = Math.min(next, pending.deadline);
      else if (pending.state === 'queued') this.#giveUp(pending, this.#notSent(pending.timeout));
      else this.#giveUp(pending, pending.state === 'sent' ? noAnswer(pending) : noRoom(pending));
    };
    for (const pending of [...this.#sent.values(), ...this.#queue, ...this.#waiting]) check(pending);
    if (next < Infinity) this.#alarm.setFor(next);
  }
}

/** What one client may have unanswered, as a part of what the server lets wait for another. */
const flightPart = 1 / 4;

function lengthOf(ask: Ask | undefined): number {
  return ask !== undefined && 'value' in ask ? ask.value.length : 0;
}

/** What it would take of a window. */
function weightOf(ask: Ask | undefined): number {
  return lengthOf(ask) + eventWeight;
}

function noAnswer(pending: Pending): PubSubError {
  return new PubSubError(
    'ERR_PUBSUB_TIMEOUT',
    `no answer to a ${methodOf(pending)} request within ${pending.timeout} ms; the server may have carried it out`,
  );
}

function noRoom({ timeout }: Pending): PubSubError {
  return new PubSubError('ERR_PUBSUB_TIMEOUT', `no room in the outbox within ${timeout} ms`);
}

function lostInFlight(pending: Pending): PubSubError {
  return new PubSubError(
    'ERR_PUBSUB_OUTCOME_UNKNOWN',
    `the link was lost before the answer to a ${methodOf(pending)} request; the server may have carried it out`,
  );
}

function methodOf({ ask }: Pending): string {
  return ask !== undefined && 'method' in ask ? ask.method : 'publish';
}
