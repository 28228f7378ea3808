/** Lists of counts as text: what is spelled is read again, and nothing else is. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readList, spellList, textFrom } from '#lib/protocol/lists.js';
import { holds } from '../support/property.js';

/** More than any string's length. */
const most = 2 ** 29;
const long = Array.from({ length: textFrom }, (_, position) => position);

describe('a list of counts', () => {
  it('stays an array while it is short', () => {
    const short = long.slice(1);
    assert.equal(spellList(short), short);
  });

  it('is read as it was spelled, in well-formed text', () => {
    const counts = fc.oneof(fc.nat(300), fc.integer({ min: 32_000, max: 33_000 }), fc.nat(most));
    holds(
      fc.property(fc.array(counts, { minLength: textFrom, maxLength: 200 }), (list) => {
        const text = spellList(list);
        assert.ok(typeof text === 'string' && text.isWellFormed());
        assert.deepEqual(readList(text), list);
        assert.deepEqual(readList(JSON.parse(JSON.stringify(text)) as string), list);
      }),
    );
  });

  it('may have any length, and has one character for each small count', () => {
    const list = Array.from({ length: 10_000 }, (_, position) => position % 32_000);
    const text = spellList(list);
    assert.equal(text.length, list.length);
    assert.deepEqual(readList(text as string), list);
  });

  it('takes the greatest counts', () => {
    for (const count of [0, 1, 0x7fdf, 0x7fe0, most]) {
      const list = [...long, count];
      assert.deepEqual(readList(spellList(list) as string), list);
    }
  });

  it('is none with a character below the space, half of a pair, or a pair that says no more than one', () => {
    for (const text of [
      '\u001f',
      '\u0000',
      'ab\n',
      '\u8001',
      '\u8000a',
      '\uc001a',
      '\u8001\u8001',
      '\ud800\udc00',
    ]) {
      assert.equal(readList(text), undefined, JSON.stringify(text));
    }
  });
});
