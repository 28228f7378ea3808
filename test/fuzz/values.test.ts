/** Values and the names of events: refused for a reason that there is, or carried as they are. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PubSubError } from 'clustercast';
import { checkEventName, eventNameProblem } from '#lib/protocol/event-name.js';
import { encodeValue } from '#lib/protocol/value.js';
import { jsonValue } from '../support/arbitraries.js';
import { character } from './character.js';
import { nonsense } from './nonsense.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';
import { wire } from './wires.js';

/** What JSON makes of `value`, or the code of the error that it deserves. */
function expected(value: unknown, maxLength: number): { readonly text: string } | { readonly code: string } {
  if (typeof value === 'function' || typeof value === 'symbol') return { code: 'ERR_PUBSUB_SERIALIZE' };
  try {
    const text = (JSON.stringify(value) as string | undefined) ?? 'null';
    return text.length <= maxLength ? { text } : { code: 'ERR_PUBSUB_LIMIT' };
  } catch {
    return { code: 'ERR_PUBSUB_SERIALIZE' };
  }
}

function encoded(value: unknown, maxLength: number): { readonly text: string } | { readonly code: string } {
  try {
    return { text: encodeValue(value, maxLength) };
  } catch (error) {
    assert.ok(error instanceof PubSubError);
    return { code: error.code };
  }
}

/** Also with halves of surrogate pairs, and with what looks like one. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', '\0', 'é', '😀', '\ud83d', '\ude00', '\ufffd'), maxLength: 8 }),
  fc.string({ unit: character, maxLength: 8 }),
  fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)), maxLength: 4 }),
);

/** By hand: whether each first half of a pair has its second half behind it, and no second half is alone. */
function isWellFormed(name: string): boolean {
  for (let at = 0; at < name.length; at++) {
    const unit = name.charCodeAt(at);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = name.charCodeAt(++at);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
  }
  return true;
}

describe('fuzzed values', () => {
  it('are encoded as JSON, or refused with the reason, and arrive as they were encoded', () => {
    const tally = new Tally();
    // With room for null, which is all that undefined ever takes.
    const limits = fc.oneof(fc.integer({ min: 4, max: 30 }), fc.constant(1_000));
    fuzz(
      'values: text',
      fc.property(fc.oneof(nonsense, jsonValue), limits, wire, (value, maxLength, { carry }) => {
        const right = expected(value, maxLength);
        assert.deepEqual(encoded(value, maxLength), right);
        tally.note('code' in right ? right.code : 'text');
        if ('code' in right) return;
        assert.equal(carry(right.text), right.text);
        // What a receiver parses may be published again, and is the same.
        assert.deepEqual(
          encoded(JSON.parse(right.text), maxLength),
          expected(JSON.parse(right.text), maxLength),
        );
      }),
    );
    tally.check('text', 'ERR_PUBSUB_LIMIT', 'ERR_PUBSUB_SERIALIZE');
  });
});

describe('fuzzed names of events', () => {
  it('are taken where they are well-formed, not empty and within their limit, and survive any wire', () => {
    const tally = new Tally();
    fuzz(
      'values: names',
      fc.property(
        fc.oneof({ weight: 4, arbitrary: text }, nonsense),
        fc.integer({ min: 1, max: 8 }),
        wire,
        (name, maxLength, { carry }) => {
          const isRight =
            typeof name === 'string' && name !== '' && name.length <= maxLength && isWellFormed(name);
          const problem = eventNameProblem(name, maxLength);
          assert.equal(problem === undefined, isRight, problem);
          tally.note(isRight ? 'taken' : 'refused');
          if (isRight) {
            checkEventName(name, maxLength);
            assert.equal(carry(name), name);
            assert.equal(Buffer.from(name).toString(), name);
          } else {
            assert.throws(() => checkEventName(name, maxLength), { code: 'ERR_PUBSUB_INVALID_ARGUMENT' });
          }
        },
      ),
    );
    tally.check('taken', 'refused');
  });
});
