/**
 * What was made of an object is made once, and goes with it at once.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

  it('lets go of what it made in a minor collection, together with the object', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as (options: { type: 'minor' | 'major' }) => void;
    const count = 100;
    const memo = new Memo(({ text }: Text) => Array.from({ length: 2_000 }, () => Number(text) + 0.5));
    const size = count * 2_000 * 8;
    collect({ type: 'major' });
    const before = process.memoryUsage().heapUsed;
    for (let number = 0; number < count; number++) memo.of({ text: String(number) });
    // What survives two of them is kept until a major one.
    collect({ type: 'minor' });
    collect({ type: 'minor' });
    const grown = process.memoryUsage().heapUsed - before;
    assert.ok(grown < size / 2, `${grown} bytes of ${size} are still held`);
  });
});
