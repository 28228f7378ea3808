/** Capabilities: what both sides have, and nothing that only one of them has. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { negotiate, ownCapabilities } from '#lib/protocol/capabilities.js';
import { anything } from '../support/arbitraries.js';
import { holds } from '../support/property.js';

describe('negotiating capabilities', () => {
  it('gives what both have', () => {
    assert.deepEqual(negotiate(['batch']), ['batch']);
    assert.deepEqual(negotiate(['batch', 'of the future', 7, null]), ['batch']);
    assert.deepEqual(negotiate(['batch', 'batch']), ['batch']);
  });

  it('gives nothing where either has nothing', () => {
    assert.deepEqual(negotiate([]), []);
    assert.deepEqual(negotiate(['batch'], []), []);
    for (const offered of [undefined, null, 'batch', { batch: true }])
      assert.deepEqual(negotiate(offered), []);
  });

  it('never throws, and never gives what this side lacks', () => {
    holds(
      fc.property(fc.oneof(anything, fc.array(anything)), (offered) => {
        for (const capability of negotiate(offered)) assert.ok(ownCapabilities.includes(capability));
      }),
      5_000,
    );
  });
});
