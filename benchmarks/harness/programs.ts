/**
 * The processes that the runner starts. None of them outlives it, however it ends.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { within } from './deadline.js';
import { Remote } from './remote.js';

export interface ProgramOptions {
  /** What messages call it. */
  readonly name: string;
  readonly url: string;
  readonly args?: readonly string[];
  /** Options of Node.js. */
  readonly nodeArgs?: readonly string[];
}

const running = new Set<ChildProcess>();

/** Starts programs and, when all are ready, uses them; ends them afterwards. */
export async function withPrograms<T>(
  options: readonly ProgramOptions[],
  use: (programs: readonly Remote[]) => Promise<T>,
): Promise<T> {
  const children: ChildProcess[] = [];
  const start = ({ name, url, args = [], nodeArgs = [] }: ProgramOptions): Remote => {
    const child = fork(fileURLToPath(url), args, { execArgv: [...process.execArgv, ...nodeArgs] });
    track(child);
    children.push(child);
    return new Remote(child, name);
  };
  try {
    const programs = options.map(start);
    await Promise.all(programs.map(({ ready }) => ready));
    return await use(programs);
  } finally {
    await Promise.all(children.map(end));
  }
}

/** Has a process ended with the runner. */
export function track(child: ChildProcess): void {
  running.add(child);
  child.once('exit', () => running.delete(child));
}

/** Ends what still runs, at once. */
export function killPrograms(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A program ends when its channel does; one that is stuck is not asked twice. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exit = once(child, 'exit');
  if (child.connected) child.disconnect();
  await within(5_000, 'the end of a program', exit).catch(() => child.kill('SIGKILL'));
}
