/**
 * Workers of a test that is itself the primary: forked from a fixture, ready when the fixture says so, ended
 * by handle, and silent on standard error, where a warning or an unhandled error would show.
 */
import assert from 'node:assert/strict';
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { deferred } from '#lib/client/deferred.js';
import { control, towardsWorker, type Commands, type Control } from './control.js';
import { within } from './until.js';

export interface Forked {
  readonly worker: Worker;
  readonly pid: number;
  /** Calls a command of the fixture. */
  readonly call: Control;
  /** Resolves when the fixture takes commands. */
  readonly ready: Promise<void>;
  /** Resolves with what ended it. */
  readonly exited: Promise<{ code: number | null; signal: string | null }>;
  /** What it has written to standard error. */
  readonly stderr: () => string;
}

const living = new Set<Forked>();

/** How workers that are forked from now on are serialized to. Node keeps it for the process. */
export function useSerialization(serialization: 'advanced' | 'json'): void {
  cluster.setupPrimary({ serialization });
}

/** Forks `test/fixtures/<fixture>.js`, which may call `commands`, without waiting for it. */
export function forkWorker(
  fixture = 'replica',
  env: Record<string, string> = {},
  commands: Commands = {},
): Forked {
  const exec = fileURLToPath(new URL(`../fixtures/${fixture}.js`, import.meta.url));
  // What the test runner was given is not for workers.
  cluster.setupPrimary({ exec, args: [], execArgv: [], silent: true });
  const worker = cluster.fork(env);
  const ready = deferred<void>();
  const call = control(towardsWorker(worker), { ...commands, ready: () => ready.resolve() });
  let stderr = '';
  worker.process.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  worker.process.stdout?.resume();
  const exited = once(worker, 'exit').then(([code, signal]: (number | string | null)[]) => {
    living.delete(forked);
    return { code: code as number | null, signal: signal as string | null };
  });
  const forked: Forked = {
    worker,
    pid: worker.process.pid as number,
    call,
    ready: ready.promise,
    exited,
    stderr: () => stderr,
  };
  living.add(forked);
  return forked;
}

/** Forks as many, and waits until all take commands. */
export async function forkReady(count: number, fixture?: string): Promise<Forked[]> {
  const workers = Array.from({ length: count }, () => forkWorker(fixture));
  await Promise.all(workers.map(({ ready }) => within(ready, 'a worker is ready', 30_000)));
  return workers;
}

export async function kill({ worker, exited }: Forked, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  worker.process.kill(signal);
  await within(exited, `the end of a worker by ${signal}`);
}

/** Ends every worker that still lives. To be called after each test. */
export async function endWorkers(): Promise<void> {
  const all = [...living];
  await Promise.all(all.map((forked) => kill(forked)));
  for (const { stderr } of all) assert.equal(stderr(), '', 'a worker wrote to standard error');
}
