/** Event names: any well-formed string within the limit, and no word is reserved. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { checkEventName, eventNameProblem } from '#lib/protocol/event-name.js';
import { anything, eventName } from '../support/arbitraries.js';
import { code } from '../support/codes.js';
import { holds } from '../support/property.js';

describe('an event name', () => {
  it('may be any well-formed string', () => {
    holds(fc.property(eventName, (name) => assert.equal(eventNameProblem(name, 256), undefined)));
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', ' ', '\0', 'a*b.>', '😀']) {
      assert.doesNotThrow(() => checkEventName(name, 256), name);
    }
  });

  it('may be as long as the limit, in UTF-16 code units', () => {
    assert.equal(eventNameProblem('abcd', 4), undefined);
    assert.equal(eventNameProblem('😀😀', 4), undefined);
    assert.match(
      eventNameProblem('abcde', 4) ?? '',
      /5 characters exceed the limit of 4 \(eventNameLength\)/,
    );
    assert.match(eventNameProblem('😀😀a', 4) ?? '', /eventNameLength/);
  });

  it('must not be empty, nor hold half of a surrogate pair', () => {
    for (const name of ['', '\ud800', '\udc00', 'a\ud83d', '\ude00\ud83d']) {
      assert.throws(() => checkEventName(name, 256), code('INVALID_ARGUMENT'), JSON.stringify(name));
    }
  });

  it('must be a string, whatever else there is', () => {
    holds(
      fc.property(anything, (value) => {
        fc.pre(typeof value !== 'string');
        assert.equal(eventNameProblem(value, 256), 'the event name must be a string');
      }),
    );
    assert.throws(() => checkEventName(new String('e'), 256), code('INVALID_ARGUMENT'));
  });

  it('is not repeated in what is said about it', () => {
    for (const name of ['secret'.repeat(100), 'secret \ud800']) {
      assert.doesNotMatch(eventNameProblem(name, 256) ?? '', /secret/);
    }
  });
});
