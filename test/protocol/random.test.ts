/** Random ids: 128 bits in hex, never the same. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { randomId } from '#lib/protocol/random.js';

it('random ids are 32 hex digits, and differ', () => {
  const ids = Array.from({ length: 1_000 }, randomId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(new Set(ids).size, ids.length);
  // Every digit varies: none is cut off, padded or fixed.
  for (let digit = 0; digit < 32; digit++) assert.ok(new Set(ids.map((id) => id[digit])).size > 8);
});
