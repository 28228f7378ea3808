/** The window: what was sent and not taken, beside a naive model; and when the receiver has to say what it took. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { oneEvent } from '#lib/protocol/columns.js';
import { ReceivedWindow, SentWindow, weigh } from '#lib/ipc/window.js';
import { holds } from '../support/property.js';

const window = { messages: 8, length: 100 };

const step = fc.oneof(
  fc.record({ messages: fc.nat(5), length: fc.nat(60) }),
  fc.record({ takeTo: fc.nat(30) }),
  fc.constant('next' as const),
);

describe('what was sent', () => {
  it('weighs what a naive sum would of those that were not taken', () => {
    holds(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const sent = new SentWindow(window);
        const weights: { messages: number; length: number }[] = [];
        let taken = 0;
        for (const now of steps) {
          if (now === 'next') {
            sent.takeNext();
            taken = Math.min(weights.length, taken + 1);
          } else if ('takeTo' in now) {
            sent.takeTo(now.takeTo);
            taken = Math.max(taken, Math.min(weights.length, now.takeTo));
          } else {
            sent.add(now);
            weights.push(now);
          }
          const left = weights.slice(taken);
          const messages = left.reduce((sum, weight) => sum + weight.messages, 0);
          const length = left.reduce((sum, weight) => sum + weight.length, 0);
          assert.equal(sent.backlog, Math.max(messages / 8, length / 100));
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

  it('is to be told at a quarter of the messages, and is told in envelopes', () => {
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
    const received = new ReceivedWindow({ messages: 1_000, length: 48 });
    received.add([event]);
    assert.deepEqual([weigh(event).length, received.isDue], [12, true]);
  });
});
