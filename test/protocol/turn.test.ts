/** The end of a turn: everything that collected is flushed then, once, in order, whatever the others do. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flushAtEndOfTurn, type Flushable } from '#lib/protocol/turn.js';
import { runProgram } from '../support/program.js';
import { endOfTurn } from '../support/turn.js';

describe('the end of a turn', () => {
  it('flushes once all that was scheduled in the turn, in order', async () => {
    const story: string[] = [];
    const named = (name: string): Flushable => ({ flush: () => void story.push(name) });
    flushAtEndOfTurn(named('first'));
    queueMicrotask(() => flushAtEndOfTurn(named('third')));
    flushAtEndOfTurn(named('second'));
    await Promise.resolve();
    story.push('still the same turn');
    await endOfTurn();
    assert.deepEqual(story, ['still the same turn', 'first', 'second', 'third']);
    await endOfTurn();
    assert.equal(story.length, 4);
  });

  it('leaves what is scheduled by a flush to the next turn', async () => {
    const story: string[] = [];
    const again: Flushable = { flush: () => void story.push('again') };
    const first: Flushable = {
      flush: () => {
        story.push('first');
        flushAtEndOfTurn(again);
      },
    };
    flushAtEndOfTurn(first);
    flushAtEndOfTurn({ flush: () => void story.push('second') });
    await endOfTurn();
    assert.deepEqual(story, ['first', 'second']);
    await endOfTurn();
    assert.deepEqual(story, ['first', 'second', 'again']);
  });

  it('flushes the others where one throws, now and later', async () => {
    const { code, stdout } = await runProgram('failing-flush');
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), ['before', 'after', 'later']);
  });
});
