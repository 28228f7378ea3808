/** The checker of invariant I, with streams that are wrong in every way. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { assertSound, audit, type AuditOptions, type Flaw, type Stream } from '../support/ledger.js';
import { holds } from '../support/property.js';

const order = ['a', 'b', 'c', 'd', 'e'];

function gap(missed?: number): { readonly missed: number | undefined } {
  return { missed };
}

function flaws(stream: Stream, options?: AuditOptions): readonly Flaw[] {
  return audit(order, stream, options).flaws;
}

describe('the ledger', () => {
  it('finds nothing in a stream that has everything, or is told what it lacks', () => {
    const sound: [Stream, AuditOptions?][] = [
      [order],
      [['a', 'b', gap(2), 'e']],
      [[gap(2), 'c', 'd', 'e']],
      [['a', gap(4)]],
      [[gap(5)]],
      [['a', gap(1), gap(1), 'd', 'e']], // one after the other they are as one
      [['a', gap(1), 'c', gap(1), 'e']],
      [['a', gap(), 'd', 'e']],
      [['a', gap(), 'b', 'c', 'd', 'e']],
      [['a', gap(1), gap(), 'e']],
      [['a', 'c', 'e'], { isOwn: (key) => key === 'b' || key === 'd' }],
      [['a', gap(1), 'e'], { isOwn: (key) => key === 'b' || key === 'd' }],
      [['c', 'd', 'e'], { isLate: true }],
      [[gap(1), 'c', 'd', 'e'], { isLate: true }],
      [[], { isLate: true }],
      [['a', 'b'], { isCut: true }],
      [['a', gap(2)], { isCut: true }],
      [[], { isCut: true }],
      [['c'], { isLate: true, isCut: true }],
    ];
    for (const [stream, options] of sound)
      assert.deepEqual(flaws(stream, options), [], JSON.stringify(stream));
  });

  it('counts what was due, received and told', () => {
    const { flaws: wrong, ...counts } = audit(order, ['a', gap(2), 'd', gap(), gap(1)]);
    assert.deepEqual(counts, { due: 5, received: 2, told: 3, gaps: 3 });
    assert.deepEqual(wrong, []);
  });

  it('names a value that came twice', () => {
    assert.deepEqual(flaws(['a', 'b', 'b', 'c', 'd', 'e']), [{ kind: 'doubled', at: 2, key: 'b' }]);
    assert.deepEqual(flaws([...order, 'a']), [{ kind: 'doubled', at: 5, key: 'a' }]);
    assert.deepEqual(flaws(['a', gap(1), 'c', 'a', 'd', 'e']), [{ kind: 'doubled', at: 3, key: 'a' }]);
  });

  it('names a value that came after a later one, and does not call it missing as well', () => {
    assert.deepEqual(flaws(['a', 'c', 'b', 'd', 'e']), [{ kind: 'out of order', at: 2, key: 'b' }]);
    assert.deepEqual(flaws(['b', 'c', 'd', 'e', 'a']), [{ kind: 'out of order', at: 4, key: 'a' }]);
  });

  it('tells how many values lack without a word, and where', () => {
    const missing = { kind: 'silently missing', told: 0 };
    assert.deepEqual(flaws(['a', 'd', 'e']), [{ ...missing, at: 1, missed: 2 }]);
    assert.deepEqual(flaws(['b', 'c', 'd', 'e']), [{ ...missing, at: 0, missed: 1 }]);
    assert.deepEqual(flaws(['a', 'b', 'c']), [{ ...missing, at: 3, missed: 2 }]);
    assert.deepEqual(flaws([]), [{ ...missing, at: 0, missed: 5 }]);
    assert.deepEqual(flaws(['c', 'e'], { isLate: true, isCut: true }), [{ ...missing, at: 1, missed: 1 }]);
    assert.deepEqual(flaws(['a', 'b'], { isLate: true }), [{ ...missing, at: 2, missed: 3 }]);
    assert.deepEqual(flaws(['c', 'd', 'e'], { isCut: true }), [{ ...missing, at: 0, missed: 2 }]);
  });

  it('tells by how much a gap is wrong', () => {
    const small = { kind: 'gap too small', at: 2, told: 1, missed: 3 };
    assert.deepEqual(flaws(['a', gap(1), 'e']), [small]);
    const large = { kind: 'gap too large', at: 2, told: 3, missed: 1 };
    assert.deepEqual(flaws(['a', gap(3), 'c', 'd', 'e']), [large]);
    assert.deepEqual(flaws(['a', gap(3), gap(), 'c', 'd', 'e']), [{ ...large, at: 3 }]);
    assert.deepEqual(flaws(['a', 'b', gap(2)]), [{ ...small, at: 3, told: 2 }]);
    assert.deepEqual(flaws([...order, gap(1)]), [{ kind: 'gap too large', at: 6, told: 1, missed: 0 }]);
    assert.deepEqual(flaws(['a', gap(5)], { isCut: true }), [
      { kind: 'gap too large', at: 2, told: 5, missed: 4 },
    ]);
    assert.deepEqual(flaws([gap(3), 'c', 'd', 'e'], { isLate: true }), [
      { kind: 'gap too large', at: 1, told: 3, missed: 2 },
    ]);
  });

  it('finds a gap that is right but in the wrong place', () => {
    assert.deepEqual(flaws(['a', 'c', gap(1), 'd', 'e']), [
      { kind: 'silently missing', at: 1, told: 0, missed: 1 },
      { kind: 'gap too large', at: 3, told: 1, missed: 0 },
    ]);
    assert.deepEqual(flaws([gap(1), 'a', 'c', 'd', 'e']), [
      { kind: 'gap too large', at: 1, told: 1, missed: 0 },
      { kind: 'silently missing', at: 2, told: 0, missed: 1 },
    ]);
  });

  it('names what was never due: what nobody published, and what its own client did', () => {
    assert.deepEqual(flaws(['a', 'x', 'b', 'c', 'd', 'e']), [{ kind: 'not due', at: 1, key: 'x' }]);
    assert.deepEqual(flaws(order, { isOwn: (key) => key === 'b' }), [{ kind: 'not due', at: 1, key: 'b' }]);
  });

  it('refuses an order that is none', () => {
    assert.throws(() => audit(['a', 'a'], []), /twice/);
  });

  it('fails with all that is wrong', () => {
    assert.equal(assertSound(order, order, 'one').received, 5);
    const wrong = ['a', 'a', 'c', 'e', 'd', gap(2)];
    assert.throws(() => assertSound(order, wrong, 'the third'), {
      message: [
        'the third:',
        'doubled at 1: a',
        'silently missing at 2: 1 never came, 0 of them were told as missed',
        'out of order at 4: d',
        'gap too large at 6: 0 never came, 2 of them were told as missed',
      ].join('\n'),
    });
    assert.throws(() => assertSound([], Array.from({ length: 12 }, String), 'it'), /\nand 2 more$/);
  });

  it('finds nothing in any stream made by the rules, and something in it after any one change', () => {
    const streams = fc.array(fc.boolean(), { minLength: 1, maxLength: 30 });
    const changes = fc.constantFrom('drop', 'double', 'move', 'more', 'less');
    holds(
      fc.property(streams, changes, fc.nat(), (isReceived, change, seed) => {
        const all = isReceived.map((_, key) => key);
        const stream = streamOf(isReceived);
        assert.deepEqual(audit(all, stream).flaws, []);
        const changed = changedOnce(stream, change, seed);
        if (changed !== undefined) assert.notDeepEqual(audit(all, changed).flaws, []);
      }),
    );
  });
});

/** What a subscription gets that does not receive all of it: whatever it misses in a row is one gap. */
function streamOf(isReceived: readonly boolean[]): Stream {
  const stream: Stream[number][] = [];
  let missed = 0;
  for (const [key, isHere] of isReceived.entries()) {
    if (!isHere) missed += 1;
    if (isHere && missed > 0) stream.push(gap(missed));
    if (isHere) stream.push(key);
    if (isHere) missed = 0;
  }
  return missed > 0 ? [...stream, gap(missed)] : stream;
}

/** The stream with one entry lost, doubled, moved, or one gap changed by one; `undefined` where it has no such entry. */
function changedOnce(stream: Stream, change: string, seed: number): Stream | undefined {
  const at = seed % stream.length;
  const entry = stream[at] as Stream[number];
  const [before, after] = [stream.slice(0, at), stream.slice(at + 1)];
  if (change === 'drop') return [...before, ...after];
  if (change === 'double') return [...before, entry, entry, ...after];
  if (change === 'move')
    return after.length === 0 ? undefined : [...before, after[0] as Stream[number], entry, ...after.slice(1)];
  if (typeof entry !== 'object') return undefined;
  return [...before, gap((entry.missed ?? 0) + (change === 'more' ? 1 : -1)), ...after];
}
