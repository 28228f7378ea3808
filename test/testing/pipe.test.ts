import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Pipe } from '#lib/testing/pipe.js';

/** A pipe, what has come out of it, and the tasks that its scheduler was given. */
function setUp(): { pipe: Pipe; arrived: number[]; turn: () => void; tasks: (() => void)[] } {
  const tasks: (() => void)[] = [];
  const arrived: number[] = [];
  return { pipe: new Pipe((task) => tasks.push(task)), arrived, turn: () => tasks.shift()?.(), tasks };
}

function put(pipe: Pipe, arrived: number[], ...numbers: number[]): void {
  for (const number of numbers) pipe.put(() => arrived.push(number));
}

describe('a simulated pipe', () => {
  it('brings nothing before its turn, and then all that waits, in order', () => {
    const { pipe, arrived, turn, tasks } = setUp();
    put(pipe, arrived, 1, 2, 3);
    assert.deepEqual([arrived, tasks.length, pipe.isBusy], [[], 1, true]);
    turn();
    assert.deepEqual([arrived, tasks.length, pipe.isBusy], [[1, 2, 3], 0, false]);
  });

  it('brings what is put in while others come out in the next turn', () => {
    const { pipe, arrived, turn } = setUp();
    pipe.put(() => put(pipe, arrived, 2));
    turn();
    assert.deepEqual(arrived, []);
    turn();
    assert.deepEqual(arrived, [2]);
  });

  it('brings one a turn where it is split', () => {
    const { pipe, arrived, turn, tasks } = setUp();
    pipe.isSplit = true;
    put(pipe, arrived, 1, 2, 3);
    turn();
    assert.deepEqual([arrived, tasks.length], [[1], 1]);
    pipe.isSplit = false;
    turn();
    assert.deepEqual([arrived, tasks.length], [[1, 2, 3], 0]);
  });

  it('brings what is delayed so many turns later, each thing by its own delay, in order', () => {
    const { pipe, arrived, turn, tasks } = setUp();
    pipe.delay = 2;
    put(pipe, arrived, 1);
    turn();
    put(pipe, arrived, 2);
    pipe.delay = 0;
    put(pipe, arrived, 3);
    turn();
    assert.deepEqual(arrived, []);
    turn();
    assert.deepEqual(arrived, [1], 'the third was not delayed, and comes after the second all the same');
    turn();
    assert.deepEqual([arrived, tasks.length], [[1, 2, 3], 0]);
  });

  it('brings nothing while it is held, also in a turn that was asked for before, and asks for none', () => {
    const { pipe, arrived, turn, tasks } = setUp();
    put(pipe, arrived, 1);
    pipe.hold(true);
    turn();
    put(pipe, arrived, 2);
    assert.deepEqual([arrived, tasks.length, pipe.isBusy], [[], 0, false]);
    pipe.hold(false);
    turn();
    assert.deepEqual(arrived, [1, 2]);
  });

  it('can be held by what comes out of it', () => {
    const { pipe, arrived, turn, tasks } = setUp();
    pipe.put(() => pipe.hold(true));
    put(pipe, arrived, 1);
    turn();
    assert.deepEqual([arrived, tasks.length], [[], 0]);
  });

  it('brings the first so many where it is cut', () => {
    const { pipe, arrived, turn } = setUp();
    put(pipe, arrived, 1, 2, 3);
    pipe.cut(1);
    put(pipe, arrived, 4);
    turn();
    assert.deepEqual(arrived, [1, 4]);
  });
});
