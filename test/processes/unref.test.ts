/** Whether an open client keeps its worker alive. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.js';

// Ends come within milliseconds, and are waited for longer than any machine should need; what must not come
// can only be waited for a while.
const long = '20000';
const short = '300';

describe('ref() and unref()', () => {
  const cases: [string, Record<string, string>, string][] = [
    ['an open client keeps its worker alive', { PATIENCE: short }, 'lives'],
    ['unless every client is unref()d', { BOTH: 'unref', PATIENCE: long }, 'ended'],
    ['or one is ref()d again', { BOTH: 'unref', SECOND: 'ref', PATIENCE: short }, 'lives'],
    ['for as long as that one is open', { BOTH: 'unref', SECOND: 'close', PATIENCE: long }, 'ended'],
  ];
  for (const [name, env, expected] of cases) {
    it(name, async () => {
      const { code, stdout, stderr } = await runProgram('unref', env);
      assert.deepEqual([code, stdout, stderr], [0, expected, '']);
    });
  }
});
