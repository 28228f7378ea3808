/** The trial of a model in a process of its own, as a test: so many runs, and that everything has happened in them. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { runProgram } from '../support/program.js';
import type { Settings } from './settings.js';

/** How long so many runs may take, in milliseconds. */
export function deadlineOf(runs: number): number {
  return 60_000 + runs * 60;
}

/** @param kinds what has to have happened, or the property holds for no reason. */
export async function tryIn(
  test: TestContext,
  fixture: string,
  { runs, seed }: Settings,
  kinds: readonly string[],
): Promise<void> {
  const env = { MODEL_RUNS: String(runs), MODEL_SEED: String(seed) };
  const { code, stdout, stderr } = await runProgram(fixture, env, deadlineOf(runs));
  assert.deepEqual([stderr, code], ['', 0], stderr);
  test.diagnostic(stdout);
  const counts = JSON.parse(stdout) as Readonly<Record<string, number>>;
  if (runs < 500) return;
  const never = kinds.filter((kind) => counts[kind] === undefined);
  assert.deepEqual(never, [], 'these have never happened');
}
