/**
 * What is made of an object is made once.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Memo } from '#lib/protocol/memo.js';

interface Text {
  readonly text: string;
}

describe('a memo', () => {
  it('makes something of each object once', () => {
    let made = 0;
    const memo = new Memo(({ text }: Text) => [text, ++made]);
    const [a, b] = [{ text: 'a' }, { text: 'b' }];
    assert.deepEqual(memo.of(a), ['a', 1]);
    assert.deepEqual(memo.of(b), ['b', 2]);
    assert.equal(memo.of(a), memo.of(a));
    assert.equal(made, 2);
  });

  it('keeps apart what others make of the same object, and is not seen in it', () => {
    const upper = new Memo(({ text }: Text) => text.toUpperCase());
    const length = new Memo(({ text }: Text) => text.length);
    const object = { text: 'a' };
    assert.deepEqual([upper.of(object), length.of(object)], ['A', 1]);
    assert.deepEqual({ ...object }, { text: 'a' });
    assert.deepEqual(object, { text: 'a' });
  });

  it('takes what is known already', () => {
    const memo = new Memo(({ text }: Text) => text.length);
    const object = { text: 'a' };
    assert.equal(memo.set(object, 7), 7);
    assert.equal(memo.of(object), 7);
  });
});
