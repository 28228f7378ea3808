/** The window: what was sent and not taken, beside a naive model; and when the receiver has to say what it took. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { oneEvent } from '#lib/protocol/columns.js';
import { ReceivedWindow, SentWindow, weigh } from '#lib/ipc/window.js';
import { holds } from '../support/property.js';

const window = { messages: 8, length: 1_000 };

const step = fc.oneof(
  fc.record({ add: fc.nat(600) }),
  fc.record({ takeTo: fc.nat(30) }),
  fc.constant('next' as const),
);

describe('what was sent', () => {
  it('weighs what a naive sum would of those that were not taken', () => {
    holds(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sent = new SentWindow(window);
        const weights: number[] = [];
        let taken = 0;
        for (const now of steps) {
          if (now === 'next') {
            sent.takeNext();
            taken = Math.min(weights.length, taken + 1);
          } else if ('takeTo' in now) {
            sent.takeTo(now.takeTo);
            taken = Math.max(taken, Math.min(weights.length, now.takeTo));
          } else {
            sent.add(now.add);
            weights.push(now.add);
          }
          const left = weights.slice(taken);
          const length = left.reduce((sum, weight) => sum + weight, 0);
          assert.equal(sent.backlog, Math.max(left.length / 8, length / 1_000));
          assert.equal(sent.isEmpty, left.length === 0);
        }
      }),
      2_000,
    );
  });
});

describe('what was received', () => {
  const event = { kind: 'events', columns: oneEvent('e', '"12345678"') } as const;
  const answer = { kind: 'published', first: 1, listeners: [5, 1] } as const;

  it('is to be told at a quarter of the envelopes, and is told in these', () => {
    const received = new ReceivedWindow(window);
    assert.deepEqual([received.isNews, received.isDue], [false, false]);
    received.add([answer]);
    assert.deepEqual([received.isNews, received.isDue], [true, false]);
    received.add([event]);
    assert.equal(received.isDue, true);
    assert.equal(received.tell(), 2);
    assert.deepEqual([received.isNews, received.isDue], [false, false]);
    received.add([]);
    assert.deepEqual([received.isNews, received.isDue, received.tell()], [true, false, 3]);
  });

  it('is to be told at a quarter of the length', () => {
    const received = new ReceivedWindow({ messages: 1_000, length: 224 });
    received.add([event, answer]);
    assert.deepEqual([weigh([event, answer]), received.isDue], [28, false]);
    received.add([event]);
    assert.equal(received.isDue, true);
  });
});
