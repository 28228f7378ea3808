/** The parameters of the wing's methods. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readKey, readTtl } from '#lib/state/given.js';
import { readName, readValue, readVersion } from '#lib/state/server/params.js';
import { code } from '../../support/codes.js';

describe('the parameters of state methods', () => {
  it('name a map as an event is named', () => {
    for (const name of ['a', '__proto__', ' ', 'é😀', 'x'.repeat(9)])
      assert.equal(readName(name, 'it', 9), name);
    for (const name of ['', 'x'.repeat(10), '\ud800', undefined, null, 1, {}, ['a']]) {
      assert.throws(() => readName(name, 'it', 9), code('INVALID_ARGUMENT'));
    }
  });

  it('name a key by any well-formed string', () => {
    for (const key of ['', 'a', '__proto__', 'x'.repeat(9)]) assert.equal(readKey(key, 9), key);
    for (const key of ['\ud800', undefined, null, 1, {}, ['a']])
      assert.throws(() => readKey(key, 5), code('INVALID_ARGUMENT'));
    assert.throws(() => readKey('x'.repeat(6), 5), code('LIMIT'));
  });

  it('carry a value as it is, or as its text, which is not spelled again without need', () => {
    const texts = ['null', '1', '"a"', '{"a" : [1,  2]}', '1.0', '"\\n"', ' 5 '];
    for (const json of texts) assert.equal(readValue({ json }, 20), json);
    assert.equal(readValue({ json: '{\n"a":\r1}' }, 20), '{"a":1}');
    // Half a character, which not every way to a reader leaves as it is.
    assert.equal(readValue({ json: '"\ud800"' }, 20), '"\\ud800"');
    for (const json of ['"\ud800"', '[\n1e9]']) assert.throws(() => readValue({ json }, 7), code('LIMIT'));
    assert.equal(readValue({ value: null }, 20), 'null');
    assert.equal(readValue({ value: { a: [undefined] } }, 20), '{"a":[null]}');
    // The text comes first where there are both.
    assert.equal(readValue({ json: '1', value: 2 }, 20), '1');
  });

  it('carry no value that is none', () => {
    for (const params of [
      {},
      { value: undefined },
      { json: 1 },
      { json: null },
      { json: {} },
      { json: ['1'] },
    ])
      assert.throws(() => readValue(params, 20), code('INVALID_ARGUMENT'));
    for (const json of ['', '{', 'undefined', '1,2', "'a'", '"\n"', '[1],[2]', '1}{'])
      assert.throws(() => readValue({ json }, 20), code('SERIALIZE'), json);
    for (const value of [1n, () => 1, Symbol('s')])
      assert.throws(() => readValue({ value }, 20), code('SERIALIZE'));
    assert.throws(() => readValue({ json: '"12345"' }, 6), code('LIMIT'));
    assert.throws(() => readValue({ value: '12345' }, 6), code('LIMIT'));
    assert.equal(readValue({ json: '"1234"' }, 6), '"1234"');
  });

  it('have whole numbers as times and versions', () => {
    for (const ttl of [undefined, 1, 1_000]) assert.equal(readTtl(ttl), ttl);
    for (const ttl of [0, -1, 0.5, NaN, Infinity, 2 ** 53, '1', null, true, {}])
      assert.throws(() => readTtl(ttl), code('INVALID_ARGUMENT'));
    for (const version of [undefined, 0, 1, 2 ** 53 - 1]) assert.equal(readVersion(version), version);
    for (const version of [-1, 0.5, NaN, Infinity, 2 ** 53, '1', null, true, {}])
      assert.throws(() => readVersion(version), code('INVALID_ARGUMENT'));
  });
});
