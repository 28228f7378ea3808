/** The emitter: order, once, and that no listener disturbs another. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Emitter } from '#lib/client/emitter.js';

interface Events {
  value: [first: number, second: string];
  done: [];
}

function emitter(): { emitter: Emitter<Events>; failures: unknown[][] } {
  const failures: unknown[][] = [];
  return { emitter: new Emitter<Events>((error, type) => failures.push([error, type])), failures };
}

describe('an emitter', () => {
  it('calls listeners in the order in which they were added, each as often as it was', () => {
    const { emitter: events } = emitter();
    const heard: unknown[] = [];
    const twice = (...args: unknown[]): void => void heard.push(['twice', ...args]);
    events.on('value', twice);
    events.on('value', (...args) => void heard.push(['other', ...args]));
    events.on('value', twice);
    events.on('done', () => void heard.push('done'));
    assert.equal(events.emit('value', 1, 'a'), true);
    assert.deepEqual(heard, [
      ['twice', 1, 'a'],
      ['other', 1, 'a'],
      ['twice', 1, 'a'],
    ]);
  });

  it('says whether anybody listened', () => {
    const { emitter: events } = emitter();
    assert.equal(events.emit('done'), false);
    events.once('done', () => undefined);
    assert.equal(events.emit('done'), true);
    assert.equal(events.emit('done'), false);
  });

  it('calls a listener of once() once, also where it emits again', () => {
    const { emitter: events } = emitter();
    let calls = 0;
    events.once('done', () => {
      calls += 1;
      events.emit('done');
    });
    events.emit('done');
    assert.equal(calls, 1);
  });

  it('removes one registration at a time, the latest first, and those of once() too', () => {
    const { emitter: events } = emitter();
    const heard: string[] = [];
    const listener = (): void => void heard.push('listener');
    events.on('done', listener);
    events.on('done', () => void heard.push('other'));
    events.once('done', listener);
    events.off('done', listener);
    events.emit('done');
    assert.deepEqual(heard, ['listener', 'other']);
    events.off('done', listener);
    events.off('done', listener);
    events.off('done', () => undefined);
    events.emit('done');
    assert.deepEqual(heard, ['listener', 'other', 'other']);
  });

  it('calls those who listened when it began, whatever they add and remove meanwhile', () => {
    const { emitter: events } = emitter();
    const heard: string[] = [];
    const second = (): void => void heard.push('second');
    events.on('done', () => {
      heard.push('first');
      events.off('done', second);
      events.on('done', () => void heard.push('late'));
    });
    events.on('done', second);
    events.emit('done');
    assert.deepEqual(heard, ['first', 'second']);
    events.emit('done');
    assert.deepEqual(heard, ['first', 'second', 'first', 'late']);
  });

  it('goes on where a listener throws, and hands over what was thrown', () => {
    const { emitter: events, failures } = emitter();
    const error = new Error('listener');
    let isHeard = false;
    events.once('done', () => {
      throw error;
    });
    events.on('done', () => (isHeard = true));
    assert.equal(events.emit('done'), true);
    assert.deepEqual([isHeard, failures], [true, [[error, 'done']]]);
    events.emit('done');
    assert.equal(failures.length, 1);
  });
});
