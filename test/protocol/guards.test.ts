/** A count: what numbers and lengths on the wire may be. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isCount } from '#lib/protocol/guards.js';

it('a count is a safe integer that is not negative', () => {
  for (const count of [0, 1, Number.MAX_SAFE_INTEGER]) assert.equal(isCount(count), true);
  for (const none of [-1, 0.5, NaN, Infinity, 2 ** 53, '1', 1n, null, undefined, [1], {}, true]) {
    assert.equal(isCount(none), false);
  }
});
