/** What properties are tried on: names, values and events as users have them, and nonsense as peers may send it. */
import fc from 'fast-check';
import { ColumnsBuilder, type Columns } from '#lib/protocol/columns.js';

/** Characters that a careless reader of JSON text would stumble over. */
const trap = fc.constantFrom(
  ',',
  '[',
  ']',
  '{',
  '}',
  '"',
  ':',
  '\\',
  ' ',
  '\n',
  '\u2028',
  'é',
  '😀',
  '\ud800',
  '\udc00',
);

/** Any character of Unicode. fast-check's own unit 'binary' takes a second to be set up, in each process. */
export const character: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - 0x800 })
  .map((point) => String.fromCodePoint(point < 0xd800 ? point : point + 0x800));

/** Well-formed, not empty; often one that occurs elsewhere too, or that objects have. */
export const eventName: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor', 'toString'),
  fc.string({ unit: character, minLength: 1, maxLength: 12 }),
);

export const jsonValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ stringUnit: character, maxDepth: 3 }),
  fc.string({ unit: trap }),
  fc.dictionary(fc.oneof(eventName, fc.string({ unit: trap })), fc.string({ unit: trap }), {
    noNullPrototype: true,
    maxKeys: 3,
  }),
);

/** The text of a value, as a publisher encodes it. */
export const encoded: fc.Arbitrary<string> = jsonValue.map((value) => JSON.stringify(value));

/** An event as those see it who know nothing of columns. */
export interface PlainEvent {
  readonly name: string;
  readonly value: string;
}

export const events: fc.Arbitrary<PlainEvent[]> = fc.array(record({ name: eventName, value: encoded }), {
  minLength: 1,
  maxLength: 12,
});

export const columns: fc.Arbitrary<Columns> = events.map(columnsOf);

export function columnsOf(plain: readonly PlainEvent[]): Columns {
  const builder = new ColumnsBuilder();
  for (const { name, value } of plain) builder.add(name, value);
  return builder.build();
}

/** An ordinary object, as a literal makes it. */
export function record<Shape>(fields: {
  [Key in keyof Shape]: fc.Arbitrary<Shape[Key]>;
}): fc.Arbitrary<Shape> {
  return fc.record(fields, { noNullPrototype: true });
}

/** Whatever structured cloning carries, and more. */
export const anything: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 9, arbitrary: fc.anything({ maxDepth: 2, maxKeys: 3 }) },
  {
    weight: 1,
    arbitrary: fc.anything({
      ...{ maxDepth: 2, withBigInt: true, withDate: true, withMap: true, withSet: true },
      ...{ withNullPrototype: true, withSparseArray: true, withTypedArray: true, withBoxedValues: true },
    }),
  },
);

/** What is put where something else is expected. */
const scrap: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, true, false, 0, 1, -1, 1.5, NaN, 2 ** 53, '', '1', '[1]', 'x'.repeat(300)),
  fc.constantFrom<unknown>([], {}, [1], Array(2), [[]], [null]).map((value) => structuredClone(value)),
  anything,
);

/** A message that is right but for one place in it, where something is missing or something else stands. */
export function damaged(message: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(message, fc.nat(), fc.option(scrap, { nil: undefined }))
    .map(([right, place, wrong]) => damage(structuredClone(right), place, wrong));
}

function damage(message: unknown, place: number, wrong: unknown): unknown {
  const places: [holder: object, key: string][] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      visit(Reflect.get(holder, key));
    }
  };
  visit(message);
  const chosen = places[place % (places.length + 1)];
  if (chosen === undefined) return wrong;
  if (wrong === undefined) Reflect.deleteProperty(...chosen);
  else
    Object.defineProperty(...chosen, { value: wrong, configurable: true, enumerable: true, writable: true });
  return message;
}

/** What two wires make of a message: the structured clone of one, the JSON of the other. */
export const wires: readonly { readonly wire: string; readonly carry: (message: unknown) => unknown }[] = [
  { wire: 'a structured clone', carry: (message) => structuredClone(message) },
  { wire: 'JSON', carry: (message) => JSON.parse(JSON.stringify(message)) as unknown },
];
