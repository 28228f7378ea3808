/** The authority on one map, beside a plain model of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, type Limits } from 'clustercast';
import type { TurnedAway } from '#lib/protocol/limits.js';
import { AuthorityMap } from '#lib/state/server/maps/map.js';
import { encoded } from '../../../support/arbitraries.js';
import { code } from '../../../support/codes.js';
import { holds } from '../../../support/property.js';

/** A map, what it told of its changes, and what it turned away. */
function open(
  limits: Partial<Limits> = {},
  version = 0,
): { map: AuthorityMap; told: string[]; turnedAway: TurnedAway[] } {
  const told: string[] = [];
  const turnedAway: TurnedAway[] = [];
  const map = new AuthorityMap('m', version, {
    limits: { ...defaultLimits, ...limits },
    turnedAway: (limit) => turnedAway.push(limit),
    changed: (changed, change) => {
      assert.equal(changed, map);
      told.push(change);
    },
  });
  return { map, told, turnedAway };
}

const key = fc.constantFrom('', 'a', 'b', '__proto__', 'constructor', 'long key', '"\u2028');

type Step = (map: AuthorityMap) => void;

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(key, encoded).map(
      ([k, v]): Step =>
        (map) =>
          map.set(k, v, undefined),
    ),
  },
  {
    weight: 2,
    arbitrary: key.map(
      (k): Step =>
        (map) =>
          void map.delete(k),
    ),
  },
  {
    weight: 1,
    arbitrary: key.map(
      (k): Step =>
        (map) =>
          map.expire(k),
    ),
  },
  { weight: 1, arbitrary: fc.constant<Step>((map) => map.clear()) },
);

interface Change {
  readonly version: number;
  readonly key?: string;
  readonly value?: unknown;
}

/** As a reader of changes understands them, who knows nothing else. */
function apply(model: Map<string, unknown>, change: Change): void {
  if (change.key === undefined) model.clear();
  else if ('value' in change) model.set(change.key, change.value);
  else model.delete(change.key);
}

function contents(map: AuthorityMap): Map<string, unknown> {
  return new Map([...map.entries()].map(([k, { value }]) => [k, JSON.parse(value) as unknown]));
}

describe('a map of the server', () => {
  it('holds what was put there, counts its characters, and tells each change once, with the next version', () => {
    const property = fc.property(fc.array(step, { maxLength: 40 }), fc.nat(5), (steps, first) => {
      const { map, told } = open({}, first);
      const model = new Map<string, unknown>();
      let { version } = map;
      assert.equal(version, first);
      for (const act of steps) {
        const before = told.length;
        act(map);
        assert.ok(told.length - before <= 1);
        for (const text of told.slice(before)) {
          const change = JSON.parse(text) as Change;
          version += 1;
          assert.equal(change.version, version);
          apply(model, change);
        }
        assert.equal(map.version, version);
        assert.deepEqual(contents(map), model);
        assert.equal(map.size, model.size);
        const lengths = [...map.entries()].map(([k, { value }]) => k.length + value.length);
        assert.equal(
          map.length,
          lengths.reduce((sum, length) => sum + length, 0),
        );
      }
    });
    holds(property, 300);
  });

  it('knows the changes since each version as they were told, or says that it does not', () => {
    const property = fc.property(
      fc.array(step, { maxLength: 30 }),
      fc.integer({ min: 1, max: 400 }),
      fc.nat(3),
      (steps, mapLogLength, first) => {
        const { map, told } = open({ mapLogLength }, first);
        for (const act of steps) act(map);
        let oldest = map.version;
        for (let version = first; version <= map.version; version++) {
          const tail = told.slice(version - first);
          const known = map.changesSince(version);
          if (known === undefined) {
            assert.ok(tail.join('').length > mapLogLength, 'it is forgotten without need');
            continue;
          }
          oldest = Math.min(oldest, version);
          assert.equal(known, `[${tail.join(',')}]`);
          assert.ok(tail.join('').length <= mapLogLength, 'the log is longer than it may be');
        }
        // What is known has no hole in it.
        for (let version = oldest; version <= map.version; version++)
          assert.notEqual(map.changesSince(version), undefined);
        for (const version of [map.version + 1, map.version + 100, first - 1])
          assert.equal(map.changesSince(version), undefined);
      },
    );
    holds(property, 300);
  });

  it('gives an entry the version of the change that made it, and its end', () => {
    const { map, told } = open();
    map.set('a', '1', 5);
    map.set('b', '2', undefined);
    map.set('a', '3', undefined);
    assert.deepEqual(map.get('a'), { value: '3', version: 3, expiresAt: undefined });
    assert.deepEqual(map.get('b'), { value: '2', version: 2, expiresAt: undefined });
    assert.equal(map.delete('a'), true);
    assert.equal(map.delete('a'), false);
    map.expire('b');
    map.expire('b');
    map.clear();
    assert.deepEqual(told.slice(3), ['{"version":4,"key":"a"}', '{"version":5,"key":"b","expired":true}']);
  });

  it('refuses what goes beyond a limit, and has changed nothing then', () => {
    const { map, told, turnedAway } = open({ mapEntries: 2, mapLength: 10 });
    map.set('a', '1', undefined);
    map.set('b', '1234567', undefined);
    assert.throws(() => map.set('c', '1', undefined), code('LIMIT'));
    assert.throws(() => map.set('a', '12', undefined), code('LIMIT'));
    assert.deepEqual([turnedAway, told.length, map.length], [['mapEntries', 'mapLength'], 2, 10]);
    map.set('a', '2', undefined);
    map.set('b', '1', undefined);
    assert.deepEqual([told.length, map.length], [4, 4]);
  });

  it('may shrink where it is beyond a limit, and not grow', () => {
    const { map } = open({ mapLength: 10 });
    map.restore('a', { value: '123456789012', version: 1, expiresAt: undefined });
    assert.equal(map.length, 13);
    map.set('a', '12345678901', undefined);
    assert.throws(() => map.set('a', '123456789012', undefined), code('LIMIT'));
    map.set('a', '12', undefined);
    assert.equal(map.length, 3);
  });
});
