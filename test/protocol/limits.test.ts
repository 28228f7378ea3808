/** Limits: every one has a default, and nothing but a finite number takes its place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits, resolveLimits, type Limits } from '#lib/protocol/limits.js';
import { code } from '../support/codes.js';

const names = Object.keys(defaultLimits) as (keyof Limits)[];

describe('limits', () => {
  it('have defaults, each a positive integer', () => {
    assert.ok(names.length > 0);
    for (const name of names) {
      assert.ok(Number.isInteger(defaultLimits[name]) && defaultLimits[name] > 0, name);
    }
    assert.equal(resolveLimits(undefined), defaultLimits);
    assert.deepEqual(resolveLimits({}), defaultLimits);
  });

  it('can be changed one by one, from 1 to 2147483647', () => {
    for (const name of names) {
      for (const value of [1, 2_147_483_647]) {
        assert.deepEqual(resolveLimits({ [name]: value }), { ...defaultLimits, [name]: value });
      }
    }
  });

  it('are refused where they are no such number, by name', () => {
    const none = [
      0,
      -1,
      1.5,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      '5',
      null,
      undefined,
      true,
      5n,
      {},
      Symbol('s'),
    ];
    for (const name of names) {
      for (const value of none) {
        const overrides = { [name]: value } as Partial<Limits>;
        assert.throws(() => resolveLimits(overrides), code('INVALID_ARGUMENT'), name);
        assert.throws(() => resolveLimits(overrides), new RegExp(`limits\\.${name} `));
      }
    }
  });

  it('are refused where there is no limit of that name', () => {
    for (const name of ['valuelength', '', '__proto__', 'constructor', 'toString']) {
      const overrides = JSON.parse(JSON.stringify([[name, 5]]), (_key, value: unknown) => value) as [
        string,
        number,
      ][];
      assert.throws(() => resolveLimits(Object.fromEntries(overrides)), code('INVALID_ARGUMENT'), name);
    }
  });

  it('cannot be changed afterwards, neither the defaults nor the resolved ones', () => {
    const overrides = { valueLength: 5 };
    const resolved = resolveLimits(overrides);
    overrides.valueLength = 6;
    assert.equal(resolved.valueLength, 5);
    assert.equal(Object.isFrozen(resolved) && Object.isFrozen(defaultLimits), true);
  });
});
