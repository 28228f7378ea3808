/** Which serialization the cluster has after startPrimary(). */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from '../support/program.js';

describe('startPrimary() and the serialization of the cluster', () => {
  const cases: [string, Record<string, string>, string][] = [
    ['is advanced where nobody has chosen', {}, 'advanced'],
    ['is advanced where the cluster was set up without choosing', { BEFORE: 'set up' }, 'advanced'],
    ['stays what the application has chosen', { BEFORE: 'chosen' }, 'json'],
    ['stays what it was when workers have been forked', { BEFORE: 'forked' }, 'undefined'],
    ['is what the option says', { BEFORE: 'chosen', OPTION: 'advanced' }, 'advanced'],
    ['is what the option says, json', { OPTION: 'json' }, 'json'],
    ['is refused where there is no such serialization', { OPTION: 'xml' }, 'ERR_PUBSUB_INVALID_ARGUMENT'],
  ];
  for (const [name, env, expected] of cases) {
    it(name, async () => {
      const { code, stdout, stderr } = await runProgram('serialization', env);
      assert.deepEqual([code, stdout, stderr], [0, expected, '']);
    });
  }
});
