/** Events in columns: nothing is lost, changed or reordered, and what is no columns is refused. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  columnsProblem,
  ColumnsBuilder,
  encodedValues,
  nameAt,
  oneEvent,
  separateEvents,
  sliceColumns,
  type Columns,
} from '#lib/protocol/columns.js';
import { anything, columns, columnsOf, damaged, events, type PlainEvent } from '../support/arbitraries.js';
import { areColumns } from '../support/messages.js';
import { holds } from '../support/property.js';

function eventsOf(built: Columns): PlainEvent[] {
  return [...encodedValues(built)].map((value, position) => ({ name: nameAt(built, position), value }));
}

/** What the guard accepts can be taken apart. */
function checkGuard(value: unknown): void {
  if (columnsProblem(value) === undefined) assert.ok(areColumns(value as Columns));
}

describe('columns', () => {
  it('hold the events that were put in, in order', () => {
    holds(fc.property(events, (plain) => assert.deepEqual(eventsOf(columnsOf(plain)), plain)));
  });

  it('name each name once, in order of appearance, and index them only where there are several', () => {
    holds(
      fc.property(events, (plain) => {
        const { names, index } = columnsOf(plain);
        assert.deepEqual(names, [...new Set(plain.map(({ name }) => name))]);
        assert.equal(index === undefined, names.length === 1);
      }),
    );
  });

  it('hold their values as one JSON array, whatever is in them', () => {
    holds(
      fc.property(events, (plain) => {
        const { values, lengths } = columnsOf(plain);
        assert.deepEqual(
          JSON.parse(values),
          plain.map(({ value }) => JSON.parse(value) as unknown),
        );
        assert.deepEqual(
          lengths,
          plain.map(({ value }) => value.length),
        );
      }),
    );
  });

  it('of a single event are what the builder makes of it', () => {
    const builder = new ColumnsBuilder();
    builder.add('__proto__', '{"a":1}');
    assert.deepEqual(oneEvent('__proto__', '{"a":1}'), builder.build());
  });

  it('come apart into single events, in order', () => {
    holds(
      fc.property(events, (plain) => {
        const apart = [...separateEvents(columnsOf(plain))];
        assert.deepEqual(
          apart,
          plain.map(({ name, value }) => oneEvent(name, value)),
        );
      }),
    );
  });
});

describe('a slice of columns', () => {
  it('holds the wanted names and no others, in order', () => {
    holds(
      fc.property(events, fc.array(fc.nat()), (plain, picks) => {
        const { names } = columnsOf(plain);
        const wanted = [...new Set([0, ...picks].map((pick) => pick % names.length))].toSorted(
          (a, b) => a - b,
        );
        const slice = sliceColumns(columnsOf(plain), wanted);
        const isWanted = ({ name }: PlainEvent): boolean => wanted.includes(names.indexOf(name));
        assert.deepEqual(slice, columnsOf(plain.filter(isWanted)));
      }),
    );
  });
});

describe('the guard of columns', () => {
  it('accepts what was built', () => {
    holds(fc.property(columns, (built) => assert.equal(columnsProblem(built), undefined)));
  });

  it('never throws, and accepts nothing that cannot be taken apart', () => {
    holds(fc.property(anything, checkGuard), 2_000);
    holds(fc.property(damaged(columns), checkGuard), 20_000);
  });

  it('refuses columns in which one length is wrong', () => {
    holds(
      fc.property(columns, fc.nat(), fc.integer({ min: -20, max: 20 }), (built, pick, error) => {
        fc.pre(error !== 0);
        const place = pick % built.lengths.length;
        const lengths = built.lengths.with(place, (built.lengths[place] ?? 0) + error);
        assert.notEqual(columnsProblem({ ...built, lengths }), undefined);
      }),
    );
  });

  it('refuses columns whose text was cut or grew', () => {
    holds(
      fc.property(columns, fc.nat(), (built, pick) => {
        const cut = built.values.slice(0, pick % built.values.length);
        for (const values of [cut, `${built.values} `, ` ${built.values}`]) {
          assert.notEqual(columnsProblem({ ...built, values }), undefined);
        }
      }),
    );
  });

  const good = { names: ['a', 'b'], index: [0, 1], values: '[1,22]', lengths: [1, 2] };
  const bad: Record<string, unknown> = {
    'no object': 'columns',
    null: null,
    'an array': [good],
    'no names': { ...good, names: undefined },
    'an empty list of names': { ...good, names: [] },
    'a name that is no string': { ...good, names: ['a', 1] },
    'names with a hole': { ...good, names: Object.assign(['a', 'b', 'c'], { length: 4 }) },
    'values that are no string': { ...good, values: [1, 22] },
    'values without their opening bracket': { ...good, values: '(1,22]' },
    'values without their closing bracket': { ...good, values: '[1,22)' },
    'values that are not separated by commas': { ...good, values: '[1;22]' },
    'no lengths': { ...good, lengths: undefined },
    'an empty list of lengths': { ...good, values: '[]', lengths: [] },
    'an empty list of lengths for an empty text': { names: ['a'], values: '[', lengths: [] },
    'an empty element': { names: ['a'], values: '[,]', lengths: [0, 0] },
    'a fractional length': { names: ['a'], values: '[1]', lengths: [1.5] },
    'a length that is no number': { names: ['a'], values: '[1]', lengths: ['1'] },
    'an infinite length': { names: ['a'], values: '[1]', lengths: [Infinity] },
    'a length too few': { ...good, lengths: [1] },
    'no index for two names': { ...good, index: undefined },
    'an index that is too short': { ...good, index: [0] },
    'an index that is too long': { ...good, index: [0, 1, 1] },
    'an index that is no array': { ...good, index: '01' },
    'an index beyond the names': { ...good, index: [0, 2] },
    'a name that no event has': { ...good, index: [1, 1] },
    'a negative index': { ...good, index: [0, -1] },
    'a fractional index': { ...good, index: [0, 0.5] },
    'a null index for one name': { names: ['a'], index: null, values: '[1]', lengths: [1] },
  };

  it('accepts the columns that the following ones are made of', () => {
    assert.equal(columnsProblem(good), undefined);
  });

  for (const [what, value] of Object.entries(bad)) {
    it(`refuses ${what}`, () => assert.match(columnsProblem(value) ?? '', /batch/));
  }
});
