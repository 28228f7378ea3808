/** The text of a state that changes while it is spelled: it is the state of one moment, the last one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits } from 'clustercast';
import { AuthorityMap } from '#lib/state/server/maps/map.js';
import { readState } from '#lib/state/server/persistence/reader.js';
import { partLength, Snapshot } from '#lib/state/server/persistence/snapshot.js';
import { holds } from '../../../support/property.js';

/** So long that a part holds a few. */
const long = JSON.stringify('x'.repeat(partLength / 3));

/** Maps and retained values, and who is told of changes to them. */
class Held {
  readonly maps = new Map<string, AuthorityMap>();
  readonly retained = new Map<string, string>();
  snapshot: Snapshot | undefined;
  #versions = 0;

  version(): number {
    return Math.max(this.#versions, ...[...this.maps.values()].map(({ version }) => version));
  }

  /** One that is there, or a new one. */
  map(name: string): AuthorityMap {
    const map =
      this.maps.get(name) ??
      new AuthorityMap(name, this.#versions, {
        limits: defaultLimits,
        turnedAway: () => undefined,
        changed: ({ version }, _change, key) => {
          this.#versions = Math.max(this.#versions, version);
          this.snapshot?.touchMap(name, key);
        },
      });
    this.maps.set(name, map);
    return map;
  }

  forgetEmpty(): void {
    for (const [name, { size }] of this.maps) if (size === 0) this.maps.delete(name);
  }

  retain(event: string, value: string | undefined): void {
    if (value === undefined) this.retained.delete(event);
    else this.retained.set(event, value);
    this.snapshot?.touchRetained(event);
  }

  spell(): Snapshot {
    const { maps, retained } = this;
    this.snapshot = new Snapshot({ maps, retained, version: () => this.version() });
    return this.snapshot;
  }
}

const name = fc.constantFrom('m', 'n', '__proto__');
const key = fc.nat(9).map(String);
const value = fc.oneof(
  { weight: 3, arbitrary: fc.constant(long) },
  { weight: 1, arbitrary: fc.nat().map(String) },
);

const change: fc.Arbitrary<(held: Held) => void> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.tuple(name, key, value).map(
      ([n, k, v]) =>
        (held: Held) =>
          held.map(n).set(k, v, undefined),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(name, key).map(
      ([n, k]) =>
        (held: Held) =>
          void held.map(n).delete(k),
    ),
  },
  { weight: 1, arbitrary: name.map((n) => (held: Held) => held.map(n).clear()) },
  { weight: 2, arbitrary: fc.constant((held: Held) => held.forgetEmpty()) },
  {
    weight: 4,
    arbitrary: fc.tuple(key, value).map(
      ([k, v]) =>
        (held: Held) =>
          held.retain(`e${k}`, v),
    ),
  },
  { weight: 2, arbitrary: key.map((k) => (held: Held) => held.retain(`e${k}`, undefined)) },
);

/** What must be read. */
function contents({ maps, retained }: Held): unknown {
  const filled = [...maps].filter(([, { size }]) => size > 0);
  return {
    maps: new Map(filled.map(([each, map]) => [each, new Map(map.entries())])),
    retained: new Map(retained),
  };
}

describe('a snapshot', () => {
  it('is the state at its end, whatever changes between its parts', () => {
    let inParts = 0;
    holds(
      fc.property(
        fc.array(change, { minLength: 20, maxLength: 60 }),
        fc.array(fc.array(change, { maxLength: 8 }), { minLength: 3, maxLength: 12 }),
        (before, meanwhile) => {
          const held = new Held();
          for (const act of before) act(held);
          const snapshot = held.spell();
          let parts = 0;
          for (const acts of meanwhile) {
            if (snapshot.next()) parts += 1;
            for (const act of acts) act(held);
          }
          while (snapshot.next()) parts += 1;
          if (parts > 3) inParts += 1;
          const { version, ...state } = readState(snapshot.end(), defaultLimits);
          assert.deepEqual(state, contents(held));
          assert.equal(version, held.version());
        },
      ),
      300,
    );
    assert.ok(inParts > 50, `${inParts} were spelled in several parts`);
  });

  it('ends, although a map grows all the time', () => {
    const held = new Held();
    for (let n = 0; n < 9; n++) held.map('m').set(`old ${n}`, long, undefined);
    const snapshot = held.spell();
    let parts = 0;
    while (snapshot.next()) {
      parts += 1;
      assert.ok(parts <= 4, 'it does not end');
      for (let n = 0; n < 10; n++) held.map('m').set(`new ${parts} ${n}`, long, undefined);
    }
    const { maps } = readState(snapshot.end(), { ...defaultLimits, mapLength: 2 ** 31 - 1 });
    assert.equal(maps.get('m')?.size, 39);
  });
});
