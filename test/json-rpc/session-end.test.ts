/** The end of a connection on the server, by either side: what is told, to whom, and that nothing comes after it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hello, Play, request } from '../support/text-session.js';

describe('a connection that its peer ends', () => {
  it('is told to the server once, with the reason where there is one', (t) => {
    for (const [error, reason] of [
      [undefined, 'it closed its link'],
      [new Error('reset'), 'reset'],
    ] as const) {
      const play = new Play(t);
      play.say(request(1, 'm'));
      play.told();
      play.session.closed(error);
      play.session.closed(error);
      assert.deepEqual(play.told(), [['ended'], ['closed', true, 'ERR_PUBSUB_CLOSED', reason]]);
      assert.deepEqual(play.text.calls, []);
    }
  });

  it('before it was a client of the server is told to nobody but the adapter', (t) => {
    const play = new Play(t, { isTrusted: false });
    play.say(request(1, 'ping'));
    play.session.closed();
    assert.deepEqual([play.told(), play.clock.size], [[['ended']], 0]);
  });

  it('is passed on as gone when nothing is left of it', (t) => {
    const play = new Play(t);
    play.session.closed();
    play.session.gone();
    assert.deepEqual(play.told(), [['ended'], ['gone', 'the peer']]);
  });

  it('hears and says nothing more', (t) => {
    const play = new Play(t, { hasPing: true });
    play.say(request(1, 'm'));
    play.session.closed();
    play.told();
    play.say(request(2, 'm'), request(3, 'ping'), hello());
    play.answer();
    play.publish('e', 1);
    play.session.exceeded('frameBytes');
    play.session.close();
    assert.deepEqual([play.text.sent, play.text.calls, play.told()], [[], [], []]);
  });
});

describe('a connection that the server ends', () => {
  it('is closed after what was said, and not told to the server', (t) => {
    const play = new Play(t, { isTrusted: false });
    play.say(request(1, 'm'));
    play.answer();
    play.told();
    play.session.close();
    play.session.close();
    assert.deepEqual([play.text.sent.length, play.text.calls], [1, ['close']]);
    assert.deepEqual([play.told(), play.clock.size], [[['ended']], 0]);
    play.session.closed();
    assert.deepEqual(play.told(), []);
  });

  it('while it hears says nothing more, and hears nothing more', (t) => {
    const play = new Play(t);
    play.core.onMessage = ({ kind }) => {
      assert.equal(kind, 'request');
      play.session.close();
    };
    play.say(request(1, 'm'), request(2, 'm'), 'no JSON', '['.repeat(100));
    assert.deepEqual(play.told(), [['accept', undefined], ['request', 'm'], ['ended']]);
    assert.deepEqual(play.text.sent, []);
  });

  it('in the middle of a batch does not do the rest of it', (t) => {
    const play = new Play(t);
    play.core.onMessage = () => play.session.close();
    play.say([request(1, 'm'), request(2, 'ping'), request(3, 'm')]);
    assert.deepEqual(play.told(), [['accept', undefined], ['request', 'm'], ['ended']]);
    assert.deepEqual(play.text.sent, []);
  });
});
