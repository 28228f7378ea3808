/** The contents of a map, part by part, while it changes. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits } from 'clustercast';
import { Replica, isChange } from '#lib/state/client/maps/replica.js';
import { AuthorityMap } from '#lib/state/server/maps/map.js';
import { Scan } from '#lib/state/server/maps/scan.js';
import { holds } from '../../../support/property.js';

const { mapPartLength: partLength } = defaultLimits;

type Spelled = readonly [string, number, unknown];

/** A map whose changes a replica takes as they come. */
function watched(): { map: AuthorityMap; replica: Replica } {
  const replica = new Replica();
  const map = new AuthorityMap('m', 0, {
    limits: defaultLimits,
    turnedAway: () => undefined,
    changed: (_map, text) => {
      const change: unknown = JSON.parse(text);
      assert.ok(isChange(change));
      if (replica.isTaking) assert.deepEqual(replica.take(change), []);
    },
  });
  return { map, replica };
}

/** @returns whether there are more. */
function takePart(scan: Scan, map: AuthorityMap, replica: Replica): boolean {
  const { part } = scan;
  const entries = JSON.parse(scan.next()) as Spelled[];
  assert.ok(replica.takePart(part, map.version, entries), 'a part does not fit');
  if (!scan.isOver) return true;
  replica.complete(true);
  return false;
}

function assertSame(replica: Replica, map: AuthorityMap): void {
  const expected = [...map.entries()].map(([key, { value, version }]): [string, unknown] => {
    return [key, { value: JSON.parse(value) as unknown, version }];
  });
  assert.deepEqual(new Map(replica.entries), new Map(expected));
  assert.equal(replica.version, map.version);
}

/** Long enough that a part holds only a few. */
const long = JSON.stringify('x'.repeat(partLength / 4));
const key = fc.nat(11).map(String);

const change = fc.oneof(
  { weight: 4, arbitrary: key.map((k) => (map: AuthorityMap) => map.set(k, long, undefined)) },
  { weight: 3, arbitrary: key.map((k) => (map: AuthorityMap) => void map.delete(k)) },
  { weight: 1, arbitrary: key.map((k) => (map: AuthorityMap) => map.expire(k)) },
  { weight: 1, arbitrary: fc.constant((map: AuthorityMap) => map.clear()) },
);

describe('a scan', () => {
  it('and the changes between its parts make the map, whatever these are', () => {
    let most = 0;
    const property = fc.property(
      fc.nat(12),
      fc.array(fc.array(change, { maxLength: 6 })),
      (size, between) => {
        const { map, replica } = watched();
        for (let n = 0; n < size; n++) map.set(String(n), long, undefined);
        const scan = new Scan(map, partLength);
        const rest = [...between];
        let parts = 1;
        for (; takePart(scan, map, replica); parts++) for (const act of rest.shift() ?? []) act(map);
        assertSame(replica, map);
        most = Math.max(most, parts);
      },
    );
    holds(property, 100);
    assert.ok(most > 2, `${most} parts at the most`);
  });

  it('has parts of their length, in order, and an end', () => {
    const { map, replica } = watched();
    for (let n = 0; n < 10; n++) map.set(String(n), long, undefined);
    const scan = new Scan(map, partLength);
    const lengths: number[] = [];
    for (let part = 0; !scan.isOver; part++) {
      assert.equal(scan.part, part);
      const text = scan.next();
      lengths.push(text.length);
      replica.takePart(part, map.version, JSON.parse(text) as Spelled[]);
    }
    replica.complete(true);
    assertSame(replica, map);
    assert.equal(lengths.length, 3);
    for (const length of lengths.slice(0, -1))
      assert.ok(length >= partLength && length < partLength + long.length + 50, String(length));
  });

  it('of an empty map is one empty part', () => {
    const { map, replica } = watched();
    const scan = new Scan(map, partLength);
    assert.equal(takePart(scan, map, replica), false);
    assert.deepEqual([scan.part, replica.entries.size], [1, 0]);
  });

  it('ends also where all that was left is gone meanwhile', () => {
    const { map, replica } = watched();
    for (let n = 0; n < 12; n++) map.set(String(n), long, undefined);
    const scan = new Scan(map, partLength);
    assert.equal(takePart(scan, map, replica), true);
    map.clear();
    assert.equal(takePart(scan, map, replica), false);
    assertSame(replica, map);
  });
});
