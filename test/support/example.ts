/**
 * Runs an example as its user does: as a program, in a process group of its own, which Ctrl-C reaches as a
 * whole. Nothing of the environment that changes what it prints reaches it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { deferred } from '#lib/client/deferred.js';
import type { Outcome } from './program.js';
import { until, within } from './until.js';

export interface Example {
  /** Of its first process, the primary. */
  readonly pid: number;
  /** Resolves to what of standard output matches. */
  output(pattern: RegExp): Promise<RegExpExecArray>;
  /** Resolves when the last of its processes has ended: each holds the output open. */
  ended(): Promise<Outcome>;
  /** Signals all its processes at once, as a terminal does on Ctrl-C. */
  signalAll(signal: NodeJS.Signals): void;
  /** Kills what is left of it. */
  dispose(): Promise<void>;
}

/** The project's folder, from `build/test/support/`. */
const root = fileURLToPath(new URL('../../../', import.meta.url));

/** @param args of Node.js, the program first, relative to the project. */
export function startExample(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  deadline = 60_000,
): Example {
  const { NODE_TEST_CONTEXT: _1, DEBUG: _2, PORT: _3, PAGE_PORT: _4, ...own } = process.env;
  const child = spawn(process.execPath, args, { cwd: root, env: { ...own, ...env }, detached: true });
  const pid = child.pid as number;
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const outcome = deferred<Outcome>();
  let isOver = false;
  child.on('close', (code, signal) => {
    isOver = true;
    outcome.resolve({ code, signal, stdout, stderr });
  });

  return {
    pid,
    output: async (pattern) => {
      let match: RegExpExecArray | null = null;
      await until(() => (match = pattern.exec(stdout)) !== null || isOver, String(pattern), deadline);
      if (match === null) throw new Error(`it ended without ${pattern}:\n${stdout}${stderr}`);
      return match;
    },
    ended: () => within(outcome.promise, `the end of ${args.join(' ')}`, deadline),
    signalAll: (signal) => process.kill(-pid, signal),
    dispose: async () => {
      if (isOver) return;
      process.kill(-pid, 'SIGKILL');
      await once(child, 'close');
    },
  };
}

/** Runs it to its end. */
export async function runExample(...args: string[]): Promise<Outcome> {
  const example = startExample(args);
  try {
    return await example.ended();
  } finally {
    await example.dispose();
  }
}
