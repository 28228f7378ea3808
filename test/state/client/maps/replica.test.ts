/** What a process knows of a map: any split of it into changes, parts and holes leads to states that the map had. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, type MapChange } from 'clustercast';
import { isChange, Replica } from '#lib/state/client/maps/replica.js';
import { AuthorityMap } from '#lib/state/server/maps/map.js';
import { Scan } from '#lib/state/server/maps/scan.js';
import { holds } from '../../../support/property.js';

type Spelled = readonly [string, number, unknown];

/** A map with all the states that it had, and a replica of it to which the test tells what it wants to. */
class World {
  readonly replica = new Replica();
  readonly map: AuthorityMap;
  /** Its contents, by version. */
  readonly states: string[] = ['[]'];
  /** What the replica has told of its changes. */
  readonly told = new Map<string, unknown>();
  isHearing = true;
  #scan: Scan | undefined;

  constructor() {
    this.map = new AuthorityMap('m', 0, {
      limits: defaultLimits,
      turnedAway: () => undefined,
      changed: (map, text) => {
        this.states[map.version] = spell([...map.entries()].map(([key, { value }]) => [key, value]));
        if (this.isHearing) this.#hear(JSON.parse(text));
      },
    });
  }

  /** The next part of its contents, or the first; a replica that does not fit takes none of it. */
  part(): void {
    if (this.#scan === undefined || this.#scan.isOver || this.#scan.part !== this.replica.part) {
      this.#scan = new Scan(this.map, defaultLimits.mapPartLength);
      this.replica.drop();
    }
    const { part } = this.#scan;
    if (!this.replica.takePart(part, this.map.version, JSON.parse(this.#scan.next()) as Spelled[])) {
      this.replica.drop();
      this.#scan = undefined;
    } else if (this.#scan.isOver) {
      this.note([...this.replica.complete(true)]);
    }
  }

  /** What is different is what a listener learns of. */
  note(changes: readonly MapChange<unknown>[]): void {
    for (const { key, value, previous } of changes) {
      assert.deepEqual(this.told.get(key), previous);
      if (value === undefined) this.told.delete(key);
      else this.told.set(key, value);
    }
  }

  check(): void {
    const entries = [...this.replica.entries].map(([key, { value }]): [string, string] => [
      key,
      JSON.stringify(value),
    ]);
    assert.equal(spell(entries), this.states[this.replica.version]);
    assert.equal(
      spell([...this.told].map(([key, value]) => [key, JSON.stringify(value)])),
      this.states[this.replica.version],
    );
  }

  #hear(change: unknown): void {
    assert.ok(isChange(change));
    const changes = this.replica.take(change);
    if (changes === undefined) this.replica.drop();
    else this.note(changes);
  }
}

function spell(entries: readonly (readonly [string, string])[]): string {
  return JSON.stringify(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)));
}

/** A change to the one key. */
function set(version: number): { version: number; key: string; value: unknown } {
  return { version, key: 'k', value: version };
}

/** Too deep for `JSON.stringify`. */
function deep(): unknown {
  return JSON.parse('['.repeat(200_000) + ']'.repeat(200_000));
}

const key = fc.nat(5).map(String);
const long = 'x'.repeat(defaultLimits.mapPartLength / 2);

const act: fc.Arbitrary<(world: World) => void> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(key, fc.nat(9), fc.boolean()).map(
      ([k, n, isLong]) =>
        ({ map }: World) =>
          map.set(k, JSON.stringify(isLong ? `${n}${long}` : n), undefined),
    ),
  },
  {
    weight: 3,
    arbitrary: key.map(
      (k) =>
        ({ map }: World) =>
          void map.delete(k),
    ),
  },
  { weight: 1, arbitrary: fc.constant(({ map }: World) => map.clear()) },
  { weight: 4, arbitrary: fc.constant((world: World) => world.part()) },
  { weight: 4, arbitrary: fc.boolean().map((is) => (world: World) => void (world.isHearing = is)) },
);

describe('a replica', () => {
  it('is at each moment what the map was at some version, and tells all that has become different', () => {
    let incomplete = 0;
    const property = fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      const world = new World();
      for (const step of acts) {
        const before = world.replica.version;
        step(world);
        world.check();
        assert.ok(world.replica.version >= before, 'it went back');
      }
      if (world.replica.version !== world.map.version) incomplete += 1;
      world.isHearing = true;
      for (let parts = 0; parts < 20; parts++) world.part();
      assert.equal(world.replica.version, world.map.version);
      world.check();
    });
    holds(property, 200);
    assert.ok(incomplete > 10, `only ${incomplete} had holes`);
  });

  it('takes each change once, and none behind a hole', () => {
    const replica = new Replica();
    assert.equal(replica.take(set(2)), undefined);
    assert.equal(replica.take(set(1))?.length, 1);
    assert.deepEqual(replica.take(set(1)), []);
    assert.equal(replica.take(set(3)), undefined);
    assert.deepEqual([replica.version, replica.entries.get('k')], [1, { value: 1, version: 1 }]);
  });

  it('takes the parts that come in a row, with nothing missing between them', () => {
    const replica = new Replica();
    const [a, b]: [Spelled[], Spelled[]] = [[['a', 1, 1]], [['b', 2, 2]]];
    assert.equal(replica.takePart(1, 2, b), false);
    assert.equal(replica.isTaking, false);
    assert.equal(replica.takePart(0, 2, a), true);
    assert.deepEqual([replica.isTaking, replica.part, replica.entries.size], [true, 1, 0]);
    assert.equal(replica.takePart(2, 2, b), false);
    // A change was left out in between.
    assert.equal(replica.takePart(1, 3, b), false);
    assert.deepEqual(replica.take({ version: 3, key: 'a' }), []);
    assert.equal(replica.take({ version: 5, key: 'a' }), undefined);
    assert.equal(replica.takePart(1, 3, b), true);
    assert.deepEqual(
      [...replica.complete(true)],
      [{ key: 'b', value: 2, previous: undefined, version: 3, isExpired: false }],
    );
    assert.deepEqual([replica.version, replica.isTaking, [...replica.complete(true)]], [3, false, []]);
    // The first one begins anew.
    replica.takePart(0, 4, a);
    replica.takePart(0, 5, []);
    assert.equal([...replica.complete(true)].length, 1);
    assert.deepEqual([replica.version, replica.entries.size], [5, 0]);
  });

  it('tells the differences to contents of another run by their values', () => {
    const replica = new Replica();
    replica.takePart(0, 9, [
      ['same', 1, { n: [1] }],
      ['other', 2, 1],
      ['gone', 3, 1],
    ]);
    replica.complete(true);
    replica.takePart(0, 3, [
      ['same', 3, { n: [1] }],
      ['other', 2, 2],
      ['new', 1, 1],
    ]);
    const isExpired = false;
    assert.deepEqual(
      [...replica.complete(false)],
      [
        { key: 'gone', value: undefined, previous: 1, version: 3, isExpired },
        { key: 'other', value: 2, previous: 1, version: 3, isExpired },
        { key: 'new', value: 1, previous: undefined, version: 3, isExpired },
      ],
    );
    assert.deepEqual(replica.entries.get('same'), { value: { n: [1] }, version: 3 });
  });

  it('compares also what is too deep to be spelled again', () => {
    const replica = new Replica();
    const changes = [true, false].map((isOfThisRun) => {
      replica.takePart(0, 1, [['deep', 1, deep()]]);
      return [...replica.complete(isOfThisRun)].length;
    });
    // Some versions of V8 can spell it, and see that it is the same.
    assert.deepEqual(changes, [1, isSpelled(deep()) ? 0 : 1]);
  });

  it('knows a change by its form', () => {
    for (const change of [
      { version: 1 },
      { version: 1, key: '' },
      { version: 1, key: 'k', value: null },
      { version: 0, key: 'k', expired: true, more: 1 },
    ])
      assert.equal(isChange(change), true, JSON.stringify(change));
    for (const change of [
      ...[null, undefined, 1, 'x', [], {}, { key: 'k' }, { version: -1 }, { version: '1' }, { version: 0.5 }],
      ...[
        { version: 1, key: 5 },
        { version: 1, key: null },
        { version: 1, value: 1 },
      ],
    ])
      assert.equal(isChange(change), false, JSON.stringify(change));
  });
});

function isSpelled(value: unknown): boolean {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}
