/** Values: encoded by the rules of JSON.stringify, or refused with a code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PubSubError } from 'clustercast';
import { encodeValue } from '#lib/protocol/value.js';
import { anything, jsonValue } from '../support/arbitraries.js';
import { code } from '../support/codes.js';
import { holds } from '../support/property.js';

const encode = (value: unknown): string => encodeValue(value, 1_000_000);

/** An object that throws `thrown` when it is encoded. */
function throwing(thrown: unknown): object {
  return {
    toJSON: () => {
      throw thrown;
    },
  };
}

describe('encoding a value', () => {
  it('keeps what JSON can carry', () => {
    holds(
      fc.property(jsonValue, (value) => {
        assert.equal(encode(value), JSON.stringify(value));
        assert.equal(encode(JSON.parse(encode(value))), encode(value));
      }),
    );
  });

  it('makes null of what JSON leaves out', () => {
    for (const value of [undefined, null, NaN, { toJSON: () => undefined }, { toJSON: () => () => 1 }]) {
      assert.equal(encode(value), 'null');
    }
  });

  it('follows toJSON and the rules for what is inside', () => {
    assert.equal(encode(new Date(0)), '"1970-01-01T00:00:00.000Z"');
    assert.equal(
      encode({ gone: undefined, f: () => 1, list: [undefined, -0, Infinity] }),
      '{"list":[null,0,null]}',
    );
    assert.equal(encode(new Map([[1, 2]])), '{}');
  });

  it('either succeeds or throws an error of ours', () => {
    holds(
      fc.property(anything, (value) => {
        try {
          JSON.parse(encode(value));
        } catch (error) {
          assert.ok(error instanceof PubSubError && error.code === 'ERR_PUBSUB_SERIALIZE');
        }
      }),
      5_000,
    );
  });

  it('refuses what cannot be encoded, and keeps the cause', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const value of [() => 1, Symbol('s'), 1n, [1n], cycle]) {
      assert.throws(() => encode(value), code('SERIALIZE'));
    }
    const cause = new Error('no');
    assert.throws(() => encode(throwing(cause)), { code: 'ERR_PUBSUB_SERIALIZE', cause });
  });

  it('encodes what is very deep, as newer versions of Node.js can, or refuses it', () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    let text: string | undefined;
    try {
      text = encode(deep);
    } catch (error) {
      assert.ok(code('SERIALIZE')(error));
    }
    assert.ok(text === undefined || text === '['.repeat(100_001) + ']'.repeat(100_001));
  });

  it('refuses what throws anything at all', () => {
    const unspeakable = [Object.create(null) as object, { toString: null, valueOf: null }];
    const strange = Object.assign(new Error('no'), { message: 42 });
    for (const thrown of [undefined, 'text', Symbol('s'), ...unspeakable, strange]) {
      assert.throws(() => encode(throwing(thrown)), code('SERIALIZE'));
    }
  });

  it('says in one line why', () => {
    const cycle: Record<string, unknown> = {};
    cycle['a'] = { b: cycle };
    assert.throws(
      () => encode(cycle),
      (error: Error) => !error.message.includes('\n'),
    );
  });

  it('counts the text, in UTF-16 code units, to the limit', () => {
    assert.equal(encodeValue('abc', 5), '"abc"');
    assert.throws(() => encodeValue('abcd', 5), code('LIMIT'));
    assert.throws(() => encodeValue('😀😀', 5), code('LIMIT'));
  });
});
