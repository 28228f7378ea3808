/** One write for all that a turn says to a socket. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { corkForTurn } from '#lib/json-rpc/media/cork.js';
import { FakeSocket } from '../../support/fake-socket.js';
import { endOfTurn } from '../../support/turn.js';

describe('a socket that is corked for a turn', () => {
  it('writes what it was given in it at once, and what it is given in the next one then', async () => {
    const [one, other] = [new FakeSocket(), new FakeSocket()];
    for (const text of ['1', '2']) {
      corkForTurn(one);
      one.write(text);
    }
    corkForTurn(other);
    other.write('3');
    assert.deepEqual([one.written, other.written], [[], []]);
    await endOfTurn();
    assert.deepEqual([one.written, other.written], [[['1', '2']], [['3']]]);
    corkForTurn(one);
    one.write('4');
    await endOfTurn();
    assert.deepEqual(one.written[1], ['4']);
    // It is as it was.
    one.write('5');
    assert.deepEqual(one.written[2], ['5']);
  });
});
