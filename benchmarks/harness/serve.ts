/**
 * A process that is asked things: the side that answers. It ends with whoever asks.
 */
import type { Answer, Question } from './remote.js';

/** What the process can be asked. */
export type Handlers = Readonly<Record<string, (argument: never) => unknown>>;

/** Answers what `process.send` reaches, from now on. */
export function serve(handlers: Handlers): void {
  process.on('message', (message) => {
    const question = message as Question | null;
    if (typeof question?.ask === 'string') void answer(handlers, question);
  });
  process.on('disconnect', () => process.exit());
  say({ benchmark: 0, result: undefined });
}

async function answer(handlers: Handlers, { benchmark, ask, argument }: Question): Promise<void> {
  try {
    const handler = handlers[ask];
    if (handler === undefined) throw new Error(`it cannot ${ask}`);
    say({ benchmark, result: await handler(argument as never) });
  } catch (error) {
    say({ benchmark, error: error instanceof Error ? error.message : String(error) });
  }
}

function say(message: Answer): void {
  // A failure means that nobody asks any more, and 'disconnect' ends the process.
  process.send?.(message, undefined, undefined, () => undefined);
}
