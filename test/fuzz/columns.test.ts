/** Events in columns against a list of events: what the guard takes comes apart, and is sliced, as the list would be. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  columnsProblem,
  encodedValues,
  nameAt,
  separateEvents,
  sliceColumns,
  type Columns,
} from '#lib/protocol/columns.js';
import { columns, columnsOf, events } from '../support/arbitraries.js';
import { mutated } from './mutations.js';
import { eventsIn } from './predicates.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';
import { wire } from './wires.js';

type PlainEvents = NonNullable<ReturnType<typeof eventsIn>>;

/** What the rest of lib/ makes of columns, as lists of events. */
function assertActsLike(list: PlainEvents, whole: Columns, picks: readonly number[]): void {
  const found = [...encodedValues(whole)].map((value, at) => [nameAt(whole, at), value]);
  assert.deepEqual(found, list);
  const apart = [...separateEvents(whole)];
  assert.deepEqual(
    apart.map((one) => eventsIn(one)),
    list.map((event) => [event]),
  );
  const wanted = [...new Set(picks.map((pick) => pick % whole.names.length))];
  const isWanted = (_: unknown, at: number): boolean => wanted.includes(whole.index?.[at] ?? 0);
  assert.deepEqual(eventsIn(sliceColumns(whole, wanted)), list.filter(isWanted));
}

/** Texts that fit their lengths, or nearly, and are no JSON; some are empty. */
const handmade = fc
  .tuple(
    fc.array(fc.string({ unit: fc.constantFrom(',', ']', '1'), maxLength: 3 }), { maxLength: 4 }),
    fc.uniqueArray(fc.string({ maxLength: 2 }), { maxLength: 3 }),
    fc.array(fc.nat(3), { minLength: 4, maxLength: 4 }),
    fc.constantFrom(...[0, 0, 0, 1, -1]),
  )
  .map(([texts, names, index, error]) => ({
    names,
    ...(names.length !== 1 && { index: index.slice(0, texts.length) }),
    values: `[${texts.join(',')}]`,
    lengths: texts.map(({ length }, at) => length + (at === 0 ? error : 0)),
  }));

const picks = fc.array(fc.nat(11), { minLength: 1, maxLength: 4 });

describe('fuzzed columns', () => {
  it('in which a few places are wrong are refused, or are columns all the same', () => {
    const tally = new Tally();
    fuzz(
      'columns: mutated',
      fc.property(fc.oneof({ weight: 3, arbitrary: mutated(columns) }, handmade), picks, (value, some) => {
        const list = eventsIn(value);
        assert.equal(columnsProblem(value) === undefined, list !== undefined);
        tally.note(list === undefined ? 'refused' : 'taken');
        if (list !== undefined) assertActsLike(list, value as Columns, some);
      }),
    );
    tally.check('refused', 'taken');
  });

  it('act like the list of events that they were made of, whatever carried them', () => {
    fuzz(
      'columns: model',
      fc.property(events, picks, wire, (plain, some, { carry }) => {
        const carried = carry(columnsOf(plain));
        assert.equal(columnsProblem(carried), undefined);
        assertActsLike(
          plain.map(({ name, value }) => [name, value] as const),
          carried as Columns,
          some,
        );
      }),
    );
  });
});
