/** The text that state is saved in: what is spelled is read as it was, and anything else is refused as a whole. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits, PubSubError, type Limits } from 'clustercast';
import type { Entry } from '#lib/state/server/maps/map.js';
import { readState } from '#lib/state/server/persistence/reader.js';
import {
  spellEntry,
  spellMap,
  spellRetained,
  spellState,
  spellValue,
  type SavedState,
} from '#lib/state/server/persistence/saved.js';
import { eventName, jsonValue } from '../../../support/arbitraries.js';
import { code } from '../../../support/codes.js';
import { holds } from '../../../support/property.js';

const at = { wall: 1_700_000_000_000, run: 5_000 };

function spell({ version, maps, retained }: SavedState): string {
  const lines = [...maps].map(([name, entries]) =>
    spellMap(
      name,
      [...entries].map(([key, entry]) => spellEntry(key, entry, at)),
    ),
  );
  const values = [...retained].map(([event, value]) => spellValue(event, value));
  return spellState(version, [...lines, spellRetained(values)]);
}

function read(text: unknown, limits: Partial<Limits> = {}): SavedState {
  return readState(text, { ...defaultLimits, ...limits }, at);
}

const value = fc.oneof(
  jsonValue.map((each) => JSON.stringify(each)),
  fc.constantFrom('1e400', '1.0', '-0', '[ 1 ]'),
);
const entry: fc.Arbitrary<Entry> = fc.record(
  {
    value,
    version: fc.integer({ min: 1, max: 1_000 }),
    expiresAt: fc.option(fc.integer({ min: at.run + 1 }), { nil: undefined }),
  },
  { noNullPrototype: true },
);
const state: fc.Arbitrary<SavedState> = fc.record<SavedState>(
  {
    version: fc.integer({ min: 1_000, max: Number.MAX_SAFE_INTEGER - 2 ** 40 - 1 }),
    maps: fc
      .array(
        fc.tuple(
          eventName,
          fc.array(fc.tuple(fc.oneof(eventName, fc.constant('')), entry), { minLength: 1 }),
        ),
      )
      .map((maps) => new Map(maps.map(([name, entries]) => [name, new Map(entries)]))),
    retained: fc.array(fc.tuple(eventName, value)).map((values) => new Map(values)),
  },
  { noNullPrototype: true },
);

/** One that has something of everything. */
const sample: SavedState = {
  version: 9,
  maps: new Map<string, Map<string, Entry>>([
    ['flags', new Map([['dark', { value: '{"on":true}', version: 9, expiresAt: undefined }]])],
    ['sessions', new Map([['s1', { value: '"u1"', version: 3, expiresAt: at.run + 60_000 }]])],
  ]),
  retained: new Map([['price', '2345.6']]),
};

function textOf(...parts: unknown[]): string {
  return spellState(
    9,
    parts.map((part) => JSON.stringify(part)),
  );
}

describe('a saved state', () => {
  it('is read as it was', () => {
    assert.deepEqual(read(spell(sample)), sample);
    holds(
      fc.property(state, (saved) => {
        assert.deepEqual(read(spell(saved)), saved);
      }),
      300,
    );
  });

  it('keeps what is left of the time of an entry, by the clock on the wall, and leaves out whose time is over', () => {
    const text = spell(sample);
    const sessionsAt = (wall: number): ReadonlyMap<string, Entry> | undefined =>
      readState(text, defaultLimits, { wall, run: 100 }).maps.get('sessions');
    assert.equal(sessionsAt(at.wall)?.get('s1')?.expiresAt, 100 + 60_000);
    assert.equal(sessionsAt(at.wall + 59_999)?.get('s1')?.expiresAt, 101);
    assert.equal(sessionsAt(at.wall + 60_000), undefined);
    assert.equal(sessionsAt(at.wall - 1_000)?.get('s1')?.expiresAt, 100 + 61_000);
  });

  it('can be read whatever the time of an entry', () => {
    const expiresAt = at.run + Number.MAX_SAFE_INTEGER;
    const longest = new Map([['m', new Map([['k', { value: '1', version: 1, expiresAt }]])]]);
    const again = read(spell({ version: 1, maps: longest, retained: new Map() }))
      .maps.get('m')
      ?.get('k');
    assert.equal(again?.expiresAt, at.run + Number.MAX_SAFE_INTEGER - at.wall);
  });

  it('is what its last line about a key says', () => {
    const { maps, retained } = read(
      textOf(
        [
          'map',
          'm',
          [
            ['a', 1, '1'],
            ['b', 2, '2'],
          ],
        ],
        [
          'retained',
          [
            ['e', '1'],
            ['f', '2'],
          ],
        ],
        ['map', 'm', [['a'], ['b', 3, '3'], ['never']]],
        ['map', 'n', [['a', 4, '4'], ['a']]],
        ['retained', [['e'], ['f', '3']]],
      ),
    );
    assert.deepEqual(
      maps,
      new Map([['m', new Map([['b', { value: '3', version: 3, expiresAt: undefined }]])]]),
    );
    assert.deepEqual(retained, new Map([['f', '3']]));
  });

  it('that was cut off anywhere is refused, and so is one with more behind it', () => {
    const text = spell(sample);
    for (let length = 0; length < text.length; length++) {
      assert.throws(() => read(text.slice(0, length)), code('INVALID_ARGUMENT'), String(length));
    }
    for (const more of ['\n', ' ', '["map","m",[]]\n', text]) {
      assert.throws(() => read(text + more), code('INVALID_ARGUMENT'));
    }
  });

  it('that is none is refused', () => {
    const headers = [
      { kind: 'another' },
      { form: 2 },
      { form: undefined },
      { version: -1 },
      { version: 0.5 },
      { version: Number.MAX_SAFE_INTEGER },
      { version: '9' },
      { lines: 1 },
      { lines: '0' },
    ].map(
      (wrong) =>
        `${JSON.stringify({ kind: 'clustercast state', form: 1, version: 9, lines: 0, ...wrong })}\n`,
    );
    const parts = [
      null,
      5,
      {},
      [],
      ['map'],
      ['map', 'm'],
      ['map', 'm', {}],
      ['map', 'm', [], 1],
      ['map', '', []],
      ['map', 5, []],
      ['map', '\ud800', []],
      ['other', 'm', []],
      ['retained'],
      ['retained', {}],
      ['retained', [], 1],
      ...[
        null,
        {},
        [],
        [5],
        ['\ud800'],
        ['k', 1],
        ['k', 0, '1'],
        ['k', 10, '1'],
        ['k', '1', '1'],
        ['k', 1, 1],
        ['k', 1, '{'],
        ['k', 1, '[\n1]'],
        ['k', 1, ''],
        ['k', 1, '1', null],
        ['k', 1, '1', -1],
        ['k', 1, '1', 5, 5],
      ].map((entries) => ['map', 'm', [entries]]),
      ...[null, {}, [], [5], [''], ['e', 5], ['e', '{'], ['e', '1', 1], ['$clustercast/map/m', '1']].map(
        (each) => ['retained', [each]],
      ),
    ].map((part) => textOf(part));
    for (const nonsense of [
      5,
      null,
      true,
      {},
      [],
      '',
      'null',
      '{}',
      '[]\n',
      '\0'.repeat(100),
      ...headers,
      ...parts,
    ]) {
      assert.throws(() => read(nonsense), code('INVALID_ARGUMENT'), JSON.stringify(nonsense));
    }
  });

  it('is read or refused, whatever was done to it, and what is read can be saved again', () => {
    const outcomes = { read: 0, refused: 0 };
    const edit = fc.record({
      where: fc.double({ min: 0, max: 1, noNaN: true }),
      cut: fc.nat(3),
      text: fc.constantFrom(...Array.from('019"[]{},:\\\n x'), '', 'null', '"k"', '\u0000'),
    });
    holds(
      fc.property(state, fc.array(edit, { minLength: 1, maxLength: 3 }), (saved, edits) => {
        let text = spell(saved);
        for (const { where, cut, text: put } of edits) {
          const place = Math.floor(where * text.length);
          text = text.slice(0, place) + put + text.slice(place + cut);
        }
        try {
          const once = read(text);
          outcomes.read += 1;
          assert.deepEqual(read(spell(once)), once);
        } catch (error) {
          if (error instanceof assert.AssertionError) throw error;
          assert.ok(error instanceof PubSubError, String(error));
          outcomes.refused += 1;
        }
      }),
      1_500,
    );
    assert.ok(outcomes.read > 20 && outcomes.refused > 300, JSON.stringify(outcomes));
  });

  it('that is beyond a limit is refused with its name, and one that is just within it is not', () => {
    const text = spell({
      version: 9,
      maps: new Map([
        [
          'maps',
          new Map(['k', 'key'].map((key) => [key, { value: '[12]', version: 1, expiresAt: undefined }])),
        ],
        ['m', new Map([['k', { value: '1', version: 1, expiresAt: undefined }]])],
      ]),
      retained: new Map([
        ['e', '1'],
        ['f', '12345'],
      ]),
    });
    const least = {
      maps: 2,
      mapEntries: 2,
      mapLength: 12,
      keyLength: 3,
      valueLength: 5,
      eventNameLength: 4,
      retainedValues: 2,
      retainedLength: 8,
    };
    read(text, least);
    for (const [limit, length] of Object.entries(least)) {
      assert.throws(
        () => read(text, { [limit]: length - 1 }),
        (error) => code('LIMIT')(error) && String(error).includes(`(${limit})`),
      );
    }
  });
});
