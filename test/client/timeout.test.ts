/** Timeouts: always finite. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkTimeout, defaultTimeout, holdProcess } from '#lib/client/timeout.js';
import { code } from '../support/codes.js';

describe('a timeout', () => {
  it('is a number of milliseconds that a timer can wait', () => {
    for (const timeout of [1, 1.5, defaultTimeout, 2_147_483_647])
      assert.equal(checkTimeout(timeout), timeout);
    const none = [0, 0.5, -1, NaN, Infinity, 2_147_483_648, '5', null, undefined, 5n, [5], Symbol('s')];
    for (const timeout of none as number[])
      assert.throws(() => checkTimeout(timeout), code('INVALID_ARGUMENT'));
  });

  it('holds nothing where there is no timer, or where timers are numbers, as in a browser', () => {
    for (const timer of [undefined, 7 as unknown as ReturnType<typeof setTimeout>]) {
      assert.doesNotThrow(() => holdProcess(timer, true));
      assert.doesNotThrow(() => holdProcess(timer, false));
    }
  });
});
