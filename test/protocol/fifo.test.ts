/** A queue over one array: what goes in comes out in order, whatever leaves meanwhile. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Fifo } from '#lib/protocol/fifo.js';
import { holds } from '../support/property.js';

describe('a fifo', () => {
  it('does what an array does', () => {
    const step = fc.oneof(
      fc.record({ push: fc.integer() }),
      fc.constant('shift' as const),
      fc.record({ put: fc.nat(9), element: fc.integer() }),
      fc.record({ keepFrom: fc.integer() }),
    );
    holds(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const fifo = new Fifo<number>();
        let expected: number[] = [];
        for (const one of steps) {
          if (one === 'shift') {
            if (expected.length > 0) assert.equal(fifo.shift(), expected.shift());
          } else if ('push' in one) {
            fifo.push(one.push);
            expected.push(one.push);
          } else if ('put' in one) {
            if (one.put >= expected.length) continue;
            fifo.put(one.put, one.element);
            expected[one.put] = one.element;
          } else {
            expected = expected.filter((element) => element >= one.keepFrom);
            assert.deepEqual(
              fifo.keep((element) => element >= one.keepFrom),
              expected,
            );
          }
          assert.equal(fifo.length, expected.length);
          for (const [position, element] of expected.entries()) assert.equal(fifo.at(position), element);
        }
      }),
    );
  });
});
