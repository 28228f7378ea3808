/** Runs a fixture as a program of its own, to its end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Outcome {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `test/fixtures/<fixture>.js`; ends it after `deadline` milliseconds. */
export async function runProgram(
  fixture: string,
  env: Record<string, string> = {},
  deadline = 30_000,
): Promise<Outcome> {
  const file = fileURLToPath(new URL(`../fixtures/${fixture}.js`, import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...own } = process.env;
  const child = spawn(process.execPath, [file], {
    env: { ...own, ...env },
    timeout: deadline,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal, stdout, stderr };
}
