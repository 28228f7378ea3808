/** The linked pair keeps every guarantee of a channel, under arbitrary talk from both ends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PubSubError } from 'clustercast';
import { channelPair, type PairEnd } from '#lib/memory/pair.js';
import type { ChannelEnd } from '#lib/protocol/channel.js';
import { holds } from '../support/property.js';
import { endOfTurn } from '../support/turn.js';

/** One end, and what it heard. */
interface Listening {
  readonly end: PairEnd<number, number>;
  readonly heard: number[];
  readonly ends: ChannelEnd[];
}

function listening(): [Listening, Listening] {
  return channelPair<number, number>().map((end): Listening => {
    const [heard, ends]: [number[], ChannelEnd[]] = [[], []];
    end.handlers = { receive: (numbers) => heard.push(...numbers), closed: (how) => ends.push(how) };
    return { end, heard, ends };
  }) as [Listening, Listening];
}

describe('a linked pair', () => {
  it('hands over what is said, in order, later than it is said, and before the turn ends', async () => {
    const [one, other] = listening();
    one.end.send([1, 2]);
    one.end.send([3]);
    other.end.send([4]);
    assert.deepEqual([one.heard, other.heard], [[], []]);
    await Promise.resolve();
    assert.deepEqual([one.heard, other.heard], [[4], [1, 2, 3]]);
  });

  it('hands over what was said before the close, then says how it ended', async () => {
    const [one, other] = listening();
    const error = new PubSubError('ERR_PUBSUB_UNAUTHORIZED', 'unknown');
    one.end.send([1]);
    one.end.end({ isFinal: true, error });
    one.end.end({ isFinal: false });
    one.end.send([2]);
    assert.deepEqual([one.end.isOpen, other.end.isOpen], [false, true]);
    await endOfTurn();
    assert.deepEqual([other.heard, other.ends], [[1], [{ isFinal: true, error }]]);
    assert.equal(other.end.isOpen, false);
    other.end.send([3]);
    other.end.close();
    await endOfTurn();
    assert.deepEqual([one.heard, one.ends, other.ends.length], [[], [], 1]);
  });

  it('calls nobody on the side that closed, whatever was on its way', async () => {
    const [one, other] = listening();
    other.end.send([1]);
    one.end.close();
    other.end.send([2]);
    await endOfTurn();
    assert.deepEqual([one.heard, one.ends, other.ends], [[], [], [{ isFinal: false }]]);
  });

  it('needs nobody to listen', async () => {
    const [one] = channelPair<number, number>();
    one.send([1]);
    one.close();
    await endOfTurn();
    assert.equal(one.isOpen, false);
  });

  it('keeps its guarantees, whatever is said and closed by whom', async () => {
    const step = fc.record({
      side: fc.constantFrom(0 as const, 1 as const),
      what: fc.constantFrom('send', 'send', 'send', 'close', 'wait'),
    });
    const property = fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const ends = listening();
      const said: [number[], number[]] = [[], []];
      const hasClosed = [false, false];
      for (const [position, { side, what }] of steps.entries()) {
        const { end } = ends[side];
        if (what === 'wait') await endOfTurn();
        else if (what === 'close') {
          if (end.isOpen) hasClosed[side] = true;
          end.close();
        } else {
          if (end.isOpen) said[side]?.push(position);
          end.send([position]);
        }
      }
      await endOfTurn();
      for (const [side, { heard, ends: told, end }] of ends.entries()) {
        const others = said[1 - side] as number[];
        assert.deepEqual(heard, others.slice(0, heard.length), 'in order, none twice, none skipped');
        if (hasClosed[side] === false) assert.equal(heard.length, others.length, 'all of it');
        const isTold = hasClosed[1 - side] === true && hasClosed[side] === false;
        assert.equal(told.length, isTold ? 1 : 0, 'once, and only to who did not close it');
        assert.equal(end.isOpen, !hasClosed.includes(true));
      }
    });
    await holds(property);
  });
});
