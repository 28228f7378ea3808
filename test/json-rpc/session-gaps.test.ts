/** A JSON-RPC peer that does not keep up: what its session tells the server of it, and how a gap is spelled. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hello, Play } from '../support/text-session.js';

const limits = { outputBytes: 100, unknownOutputBytes: 10 };
const watched = hello({ capabilities: ['gap', 'another'] });

describe('a peer that understands gaps', () => {
  it('is told which capabilities both sides have', (t) => {
    const [welcome] = new Play(t).ask(watched);
    assert.deepEqual((welcome as { result: { capabilities: string[] } }).result.capabilities, ['gap']);
  });

  it('is full of events at half of its output, and the rest is for answers', (t) => {
    const play = new Play(t, { limits });
    play.say(watched);
    assert.deepEqual([play.session.takesGaps, play.session.backlog], [true, 0]);
    play.text.backlog = 50;
    assert.equal(play.session.backlog, 1);
    play.text.backlog = 25;
    assert.equal(play.session.backlog, 0.5);
    play.text.backlog = 100;
    play.text.frames();
    play.session.send([{ kind: 'missed', names: ['a', 'b'], counts: [1, 2] }]);
    const params = { reason: 'overflow', names: ['a', 'b'], counts: [1, 2] };
    assert.deepEqual(play.text.frames(), [{ jsonrpc: '2.0', method: 'gap', params }]);
  });

  it('has drained where its medium says so, once the server knows it', (t) => {
    const play = new Play(t);
    play.session.drained();
    play.say(watched);
    play.told();
    play.session.drained();
    assert.deepEqual(play.told(), [['drained']]);
  });
});

describe('a peer that does not', () => {
  it('is never full, until its output ends its connection', (t) => {
    for (const greeting of [hello(), hello({ capabilities: 'gap' }), { method: 'subscribe' }]) {
      const play = new Play(t, { limits });
      play.say(greeting);
      play.text.backlog = 100;
      assert.deepEqual([play.session.takesGaps, play.session.backlog], [false, 0]);
    }
  });
});
