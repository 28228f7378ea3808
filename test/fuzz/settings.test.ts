/** The fuzz suite itself: how many cases it tries, and that a failure says how to see it again. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { fuzz, settingsFrom, shares, type Settings } from './settings.js';

const property = fc.property(fc.nat(), (number) => assert.ok(number % 1_000 !== 7));

/** The error of a property that does not hold. */
function failure(settings: Settings): Error & { readonly cause?: unknown } {
  try {
    fuzz('lines: bytes', property, settings);
  } catch (error) {
    return error as Error;
  }
  return assert.fail('it held');
}

describe('the fuzz suite', () => {
  it('tries 100,000 cases in all, unless it is told otherwise', () => {
    const all = Object.values(shares).reduce<number>((sum, share) => sum + share, 0);
    assert.equal(all, 100_000);
    assert.equal(settingsFrom({}).runs, 100_000);
    let tried = 0;
    const counted = fc.property(fc.nat(), () => void (tried += 1));
    fuzz('lines: bytes', counted, { runs: 10_000, seed: 1 });
    assert.equal(tried, shares['lines: bytes'] / 10);
  });

  it('prints the seed of a failure and how to repeat it, which fails in the same way', () => {
    const random = settingsFrom({ FUZZ_RUNS: '1_000_000' });
    const { message, cause } = failure(random);
    assert.ok(cause instanceof assert.AssertionError);
    assert.match(message, /^lines: bytes fails at case \d+ of 30000, from seed \d+\. To repeat it:\n/);
    const [, FUZZ_SEED, FUZZ_RUNS] =
      /^FUZZ_SEED=(\d+) FUZZ_RUNS=(\d+) npm test -- fuzz\/lines$/m.exec(message) ?? [];
    const repeated = settingsFrom({ FUZZ_SEED, FUZZ_RUNS });
    assert.deepEqual(repeated, random);
    assert.equal(failure(repeated).message, message);
    assert.match(message, /Counterexample: \[\d*7\]/);
  });

  it('draws another seed each time', () => {
    assert.notEqual(settingsFrom({}).seed, settingsFrom({}).seed);
  });

  it('takes nothing but whole numbers', () => {
    for (const given of [{ FUZZ_RUNS: 'many' }, { FUZZ_SEED: '0.5' }]) {
      assert.throws(() => settingsFrom(given), /must be a whole number/);
    }
  });
});
