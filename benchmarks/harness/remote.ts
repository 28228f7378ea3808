/**
 * A process that is asked things: from the side that asks, whatever forked it. Its tagged messages go unseen by
 * what is measured, and the other way round. The side that answers is `serve.ts`.
 */
import type { ChildProcess } from 'node:child_process';
import { within } from './deadline.js';

/** What is asked. */
export interface Question {
  /** The number of the question, repeated in its answer. */
  readonly benchmark: number;
  readonly ask: string;
  readonly argument: unknown;
}

/** What is answered. Question 0 is one that nobody asks: whether the process is ready. */
export type Answer =
  | { readonly benchmark: number; readonly result: unknown }
  | { readonly benchmark: number; readonly error: string };

/** How long a question may take that says nothing else, in milliseconds. */
const usualDeadline = 30_000;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Remote {
  /** What messages call it. */
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #end: Error | undefined;
  /** Settles when the process answers questions, or cannot. */
  readonly ready: Promise<unknown>;

  /** To be called in the turn of the event loop that forked the process. */
  constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.name = name;
    child.on('message', (message) => this.#receive(message));
    child.on('error', (error) => this.#ended(`failed: ${error.message}`));
    child.on('exit', (code, signal) => this.#ended(`ended with ${signal ?? `code ${code}`}`));
    this.ready = within(usualDeadline, `the start of ${name}`, this.#answerTo(0));
    this.ready.catch(() => undefined);
  }

  /** Has the process do something, and resolves to what comes of it. */
  ask<Result = void>(ask: string, argument?: unknown, deadline: number = usualDeadline): Promise<Result> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const benchmark = ++this.#last;
    const answer = this.#answerTo(benchmark) as Promise<Result>;
    this.#child.send({ benchmark, ask, argument } satisfies Question, (error) => {
      if (error instanceof Error) this.#waiting.get(benchmark)?.reject(error);
    });
    return within(deadline, `${ask} in ${this.name}`, answer);
  }

  #answerTo(benchmark: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(benchmark, { resolve, reject }));
  }

  #receive(message: unknown): void {
    const answer = message as Answer | null;
    if (typeof answer?.benchmark !== 'number') return;
    const waiting = this.#waiting.get(answer.benchmark);
    this.#waiting.delete(answer.benchmark);
    if ('error' in answer) waiting?.reject(new Error(`${this.name}: ${answer.error}`));
    else waiting?.resolve(answer.result);
  }

  #ended(how: string): void {
    this.#end ??= new Error(`${this.name} ${how}`);
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}
