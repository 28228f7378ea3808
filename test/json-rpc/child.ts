/** Processes of a test that are no workers: forked from a fixture, with commands, ended by handle. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { deferred } from '#lib/client/deferred.js';
import { control, type Commands, type Control, type End } from '../support/control.js';
import { within } from '../support/until.js';

export interface Child {
  /** Calls a command of the fixture. */
  readonly call: Control;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Ends it. */
  readonly kill: (signal?: NodeJS.Signals) => Promise<void>;
}

const living = new Set<Child>();

/** Forks `test/fixtures/<fixture>.js`; resolves when it takes commands. It may itself call `commands`. */
export async function forkChild(fixture: string, commands: Commands = {}): Promise<Child> {
  const file = fileURLToPath(new URL(`../fixtures/${fixture}.js`, import.meta.url));
  // What the test runner was given is not for children.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const forked = fork(file, [], { execArgv: [], env, stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
  let stderr = '';
  forked.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const exited = once(forked, 'exit');
  const ready = deferred<void>();
  const end: End = {
    send: (message) => void forked.send(message, () => undefined),
    listen: (listener) => void forked.on('message', listener),
    whenGone: (listener) => void forked.once('exit', listener),
  };
  const call = control(end, { ...commands, ready: () => ready.resolve() });
  const child: Child = {
    call,
    signal: (signal) => void forked.kill(signal),
    kill: async (signal = 'SIGKILL') => {
      living.delete(child);
      forked.kill(signal);
      await within(exited, `the end of ${fixture} by ${signal}`);
      assert.equal(stderr, '', `${fixture} wrote to standard error`);
    },
  };
  living.add(child);
  await within(Promise.race([ready.promise, exited]), `${fixture} is ready`, 30_000);
  return child;
}

/** Ends every one that still lives. To be called after each test. */
export async function endChildren(): Promise<void> {
  await Promise.all([...living].map((child) => child.kill()));
}
