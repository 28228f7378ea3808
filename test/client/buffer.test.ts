/** The buffer, beside a naive model of it: values in order, bounded, and every missed one counted at its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, type Gap } from 'clustercast';
import { Buffer, type Entry } from '#lib/client/buffer.js';
import { holds } from '../support/property.js';

const gap: Gap = { reason: 'reconnect', count: undefined, events: undefined };
const limits = { ...defaultLimits, bufferMessages: 4, bufferLength: 20 };

/** Holes of one kind. */
const dropped = (count: number): object => ({ gap: undefined, skipped: 0, dropped: count });
const hole = (one: Gap): object => ({ gap: one, skipped: 0, dropped: 0 });

/** What the buffer promises, without any thought of cost. */
class Model {
  readonly entries: Entry<number>[] = [];

  push(value: number, length: number): void {
    const kept = this.entries.filter((entry) => 'value' in entry);
    const total = kept.reduce((sum, entry) => sum + entry.length, length);
    if (kept.length === 0 || (kept.length < limits.bufferMessages && total <= limits.bufferLength)) {
      this.entries.push({ value, length });
      return;
    }
    const last = this.takeHole();
    this.entries.push({ ...last, dropped: last.dropped + 1 });
  }

  mark(marked: Gap): void {
    this.entries.push({ ...this.takeHole(), gap: marked });
  }

  skip(count: number): void {
    const last = this.takeHole();
    this.entries.push({ ...last, skipped: last.skipped + count });
  }

  takeHole(): Exclude<Entry<number>, { readonly value: number }> {
    const last = this.entries.at(-1);
    if (last === undefined || 'value' in last) return { gap: undefined, skipped: 0, dropped: 0 };
    this.entries.pop();
    return last;
  }
}

const step = fc.oneof(
  fc.record({ push: fc.integer({ min: 1, max: 25 }) }),
  fc.constant('mark' as const),
  fc.constant('skip' as const),
  fc.constant('shift' as const),
  fc.constant('clear' as const),
);

describe('a buffer', () => {
  it('holds what a naive one would', () => {
    holds(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const [buffer, model] = [new Buffer<number>(limits), new Model()];
        for (const [position, now] of steps.entries()) {
          const marked: Gap = { ...gap, count: position };
          if (typeof now === 'object') for (const one of [buffer, model]) one.push(position, now.push);
          else if (now === 'mark') for (const one of [buffer, model]) one.mark(marked);
          else if (now === 'skip') for (const one of [buffer, model]) one.skip(position);
          else if (now === 'shift') assert.deepEqual(buffer.shift(), model.entries.shift());
          else {
            buffer.clear();
            model.entries.length = 0;
          }
        }
        for (const entry of model.entries) assert.deepEqual(buffer.shift(), entry);
        assert.equal(buffer.shift(), undefined);
      }),
      5_000,
    );
  });

  it('takes values up to the limits, and counts the others where they would have been', () => {
    const buffer = new Buffer<string>(limits);
    for (const value of ['a', 'b', 'c', 'd', 'e', 'f']) buffer.push(value, 1);
    assert.deepEqual(buffer.shift(), { value: 'a', length: 1 });
    buffer.push('g', 1);
    buffer.push('h', 1);
    const rest = Array.from({ length: 7 }, () => buffer.shift());
    assert.deepEqual(
      rest.map((entry) => (entry !== undefined && 'value' in entry ? entry.value : entry)),
      ['b', 'c', 'd', dropped(2), 'g', dropped(1), undefined],
    );
  });

  it('always takes one value, however long', () => {
    const buffer = new Buffer<string>(limits);
    buffer.push('long', 1_000);
    buffer.push('short', 1);
    assert.deepEqual([buffer.shift(), buffer.shift()], [{ value: 'long', length: 1_000 }, dropped(1)]);
    buffer.push('long again', 1_000);
    assert.deepEqual(buffer.shift(), { value: 'long again', length: 1_000 });
  });

  it('keeps the last of several gaps without a value between them', () => {
    const buffer = new Buffer<string>(limits);
    const restart: Gap = { ...gap, reason: 'restart' };
    buffer.mark(gap);
    buffer.mark(restart);
    buffer.push('value', 1);
    buffer.mark(gap);
    assert.deepEqual(
      [buffer.shift(), buffer.shift(), buffer.shift(), buffer.shift()],
      [hole(restart), { value: 'value', length: 1 }, hole(gap), undefined],
    );
  });
});
