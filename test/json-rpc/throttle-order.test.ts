/** Order in a throttle where there is room again before those who wait are looked at. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Throttle } from '#lib/json-rpc/throttle.js';
import { FakeClock } from '../support/fake-clock.js';

it('a frame that comes while others wait does not overtake them, though there is room by then', (t) => {
  const clock = FakeClock.of(t);
  const story: string[] = [];
  const throttle = new Throttle(1_000, {
    receive: (text) => {
      story.push(text);
      throttle.take(text === 'much' ? 1_000 : 1);
    },
    pause: () => story.push('pause'),
    resume: () => story.push('resume'),
    overflowed: () => assert.fail('it has room'),
  });
  throttle.receive('much');
  throttle.receive('first');
  // Room for several, and yet some time until those who wait are looked at.
  clock.pass(9);
  throttle.receive('second');
  assert.deepEqual(story, ['much', 'pause']);
  clock.pass(1);
  assert.deepEqual(story, ['much', 'pause', 'first', 'second', 'resume']);
  assert.equal(clock.size, 0);
});
