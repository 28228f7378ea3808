/**
 * Calls between a test and the worker that it has forked, on the same IPC channel that the library uses: so
 * every test with workers has foreign traffic beside its own.
 */
import type { Worker } from 'node:cluster';
import { within } from './until.js';

export type Commands = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Call {
  readonly control: 'call';
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Answer {
  readonly control: 'answer';
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

/** One end: `send` says something to the other one. */
export interface End {
  readonly send: (message: Call | Answer) => void;
  readonly listen: (listener: (message: unknown) => void) => void;
  /** Calls `listener` when the other end can answer no more. */
  readonly whenGone?: (listener: () => void) => void;
}

/** Calls a command of the other end by its name. */
export type Control = (name: string, ...args: unknown[]) => Promise<unknown>;

/** Offers `commands` to the other end, and calls its. */
export function control(end: End, commands: Commands = {}): Control {
  const calls = new Map<number, (answer: Answer) => void>();
  let lastId = 0;
  end.whenGone?.(() => {
    for (const [id, settle] of calls) settle({ control: 'answer', id, error: 'the other end is gone' });
    calls.clear();
  });
  end.listen((message) => {
    if (isControl(message, 'answer')) {
      calls.get(message.id)?.(message);
      calls.delete(message.id);
    } else if (isControl(message, 'call')) {
      void answer(message);
    }
  });

  async function answer({ id, name, args }: Call): Promise<void> {
    try {
      const command = commands[name] as ((...args: unknown[]) => unknown) | undefined;
      if (command === undefined) throw new Error(`there is no command ${name}`);
      end.send({ control: 'answer', id, result: await command(...args) });
    } catch (error) {
      const cause =
        error instanceof Error && error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
      const text = error instanceof Error ? `${error.stack ?? error.message}${cause}` : String(error);
      end.send({ control: 'answer', id, error: text });
    }
  }

  return (name, ...args) => {
    const id = ++lastId;
    const answered = new Promise<unknown>((resolve, reject) => {
      calls.set(id, ({ result, error }) =>
        error === undefined ? resolve(result) : reject(new Error(error)),
      );
    });
    end.send({ control: 'call', id, name, args });
    return within(answered, `the answer to ${name}`, 60_000);
  };
}

function isControl<Kind extends 'call' | 'answer'>(
  message: unknown,
  kind: Kind,
): message is Kind extends 'call' ? Call : Answer {
  return typeof message === 'object' && message !== null && (message as Partial<Call>).control === kind;
}

/** The end of a test's primary, towards one worker. */
export function towardsWorker(worker: Worker): End {
  return {
    send: (message) => void worker.send(message, () => undefined),
    listen: (listener) => void worker.on('message', listener),
    whenGone: (listener) => void worker.once('exit', listener),
  };
}

/** The end of a worker. */
export const towardsPrimary: End = {
  send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
  listen: (listener) => void process.on('message', listener),
};
