/** The depth of a JSON text, looked at before it is parsed: as deep as what a parser makes of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isDeeperThan } from '#lib/protocol/json-depth.js';
import { jsonValue } from '../support/arbitraries.js';
import { holds } from '../support/property.js';

/** How many arrays and objects are within each other. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** How deep a reader gets who knows strings and brackets only, one character after the other. */
function deepestIn(text: string): number {
  let [depth, deepest, isInString, isEscaped] = [0, 0, false, false];
  for (const character of text) {
    if (isInString) {
      if (isEscaped) isEscaped = false;
      else if (character === '\\') isEscaped = true;
      else if (character === '"') isInString = false;
    } else if (character === '"') {
      isInString = true;
    } else if ('[{'.includes(character)) {
      deepest = Math.max(deepest, ++depth);
    } else if (']}'.includes(character)) {
      depth -= 1;
    }
  }
  return deepest;
}

const layout = fc.constantFrom<string | undefined>(undefined, ' ', '\n\t');

const deepValue = fc
  .tuple(jsonValue, fc.array(fc.boolean(), { maxLength: 12 }))
  .map(([value, wrappers]) =>
    wrappers.reduce<unknown>((inner, isArray) => (isArray ? [0, inner] : { '"[{\\': inner }), value),
  );

/** Mostly what matters to a reader of depth. */
const garbage = fc.string({
  unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', '\\"', 'a', ' ', 'é', '😀'),
  maxLength: 40,
});

describe('the depth of a JSON text', () => {
  it('is that of the value that a parser makes of it', () => {
    holds(
      fc.property(deepValue, layout, (value, space) => {
        const text = JSON.stringify(value, undefined, space);
        const depth = depthOf(value);
        assert.equal(isDeeperThan(depth, text), false);
        if (depth > 0) assert.equal(isDeeperThan(depth - 1, text), true);
      }),
    );
  });

  it('is that of its brackets outside of strings, also where it is no JSON', () => {
    holds(
      fc.property(garbage, fc.nat(6), (text, limit) => {
        assert.equal(isDeeperThan(limit, text), deepestIn(text) > limit);
      }),
      5_000,
    );
  });

  it('is looked at to the exact level', () => {
    for (const [opening, closing] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const) {
      const levels = opening === '[{"a":' ? 2 : 1;
      const text = `${opening.repeat(32)}1${closing.repeat(32)}`;
      assert.equal(isDeeperThan(32 * levels, text), false);
      assert.equal(isDeeperThan(32 * levels - 1, text), true);
    }
    assert.equal(isDeeperThan(64, '['.repeat(500_000)), true);
  });

  it('does not grow by what stands side by side', () => {
    assert.equal(isDeeperThan(2, `[${'[],{},'.repeat(1_000)}[]]`), false);
  });

  it('is not that of a string, whatever is escaped in it', () => {
    for (const inner of ['[[[', '\\"[[[', '\\\\\\"{{{', ']]]\\\\', '\\u0022[[['])
      assert.equal(isDeeperThan(1, `["${inner}"]`), false, inner);
    // The string ends before the brackets.
    assert.equal(isDeeperThan(1, '["\\\\",[[]]]'), true);
  });
});
