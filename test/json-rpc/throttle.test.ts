/** Frames at a rate: those beyond it wait in order, and nothing more is listened to meanwhile. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { Throttle } from '#lib/json-rpc/throttle.js';
import { FakeClock } from '../support/fake-clock.js';

interface Played {
  readonly clock: FakeClock;
  readonly throttle: Throttle;
  /** Frames, and what was done between them. */
  readonly story: string[];
  readonly say: (...texts: string[]) => void;
}

/** Each frame is one request, unless it is a number of them. */
function play(t: TestContext, perSecond = 2, onFrame: (text: string) => void = () => undefined): Played {
  const story: string[] = [];
  const throttle = new Throttle(perSecond, {
    receive: (text) => {
      story.push(text);
      throttle.take(Number(text) || 1);
      onFrame(text);
    },
    pause: () => story.push('pause'),
    resume: () => story.push('resume'),
    overflowed: () => story.push('overflowed'),
  });
  return {
    clock: FakeClock.of(t),
    throttle,
    story,
    say: (...texts) => {
      for (const text of texts) throttle.receive(text);
    },
  };
}

describe('a throttle', () => {
  it('passes frames on at once within the rate', (t) => {
    const { clock, story, say } = play(t);
    say('a', 'b');
    clock.pass(1_000);
    say('c', 'd');
    assert.deepEqual([story, clock.size], [['a', 'b', 'c', 'd'], 0]);
  });

  it('lets those beyond it wait in order, and pauses until each has had its turn', (t) => {
    const { clock, throttle, story, say } = play(t);
    say('a', 'b');
    assert.equal(throttle.isWaiting, false);
    say('c', 'd');
    assert.deepEqual([story.splice(0), clock.next, clock.holding], [['a', 'b', 'pause'], 500, 0]);
    assert.equal(throttle.isWaiting, true);
    // What comes although it is paused does not overtake what waits.
    clock.pass(499);
    say('e');
    clock.pass(1);
    assert.deepEqual(story.splice(0), ['c']);
    clock.pass(500);
    assert.deepEqual([story.splice(0), throttle.isWaiting], [['d'], true]);
    clock.pass(500);
    assert.deepEqual([story.splice(0), throttle.isWaiting, clock.size], [['e', 'resume'], false, 0]);
    say('f');
    clock.pass(500);
    assert.deepEqual(story, ['pause', 'f', 'resume']);
  });

  it('looks at what waits every ten milliseconds at most', (t) => {
    const { clock, story, say } = play(t, 1_000);
    say('1000', ...Array<string>(25).fill('a'));
    assert.equal(clock.next, 10);
    clock.pass(10);
    assert.equal(story.splice(0).filter((what) => what === 'a').length, 10);
    clock.pass(9);
    assert.deepEqual(story, []);
    clock.pass(1);
    assert.equal(story.length, 10);
  });

  it('has a frame of many requests made up for', (t) => {
    const { clock, story, say } = play(t);
    say('5');
    say('a');
    assert.equal(clock.next, 2_000);
    clock.pass(2_000);
    assert.deepEqual(story, ['5', 'pause', 'a', 'resume']);
  });

  it('tells of more than a paused medium can bring', (t) => {
    const { throttle, story, say } = play(t, 1);
    say('a', ...Array<string>(64 * 1024).fill('b'));
    assert.deepEqual(story, ['a', 'pause']);
    say('c');
    assert.deepEqual(story, ['a', 'pause', 'overflowed']);
    throttle.stop();
  });

  it('that is stopped forgets what waits, and takes nothing more', (t) => {
    const { clock, throttle, story, say } = play(t);
    say('a', 'b', 'c');
    throttle.stop();
    say('d');
    clock.pass(10_000);
    assert.deepEqual([story, clock.size], [['a', 'b', 'pause'], 0]);
    const idle = play(t);
    idle.throttle.stop();
    idle.say('a');
    assert.deepEqual(idle.story, []);
  });

  it('that is stopped by a frame that had waited passes no other on, and does not resume', (t) => {
    const played = play(t, 2, (text) => {
      if (text === 'c') played.throttle.stop();
    });
    played.say('2', 'c', 'd');
    played.clock.pass(1_000);
    played.clock.pass(1_000);
    assert.deepEqual([played.story, played.clock.size], [['2', 'pause', 'c'], 0]);
  });
});
