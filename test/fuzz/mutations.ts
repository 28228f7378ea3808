/** Messages that are right but for a few places, as objects and as texts. */
import fc from 'fast-check';
import { drawNonsense, put } from './nonsense.js';
import { poolOf } from './settings.js';
import { bytes, Tape } from './tape.js';

/** Where a value stands. */
type Place = readonly [holder: object, key: string];

/** `message` after one to four changes, each of which may hit what the one before has made. */
export function mutated(message: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(poolOf(message), bytes(20)).map(([right, drawn]) => {
    const tape = new Tape(drawn);
    const root = { message: structuredClone(right) };
    for (let count = 1 + tape.below(4); count > 0; count--) change(root, tape);
    return root.message;
  });
}

function change(root: object, tape: Tape): void {
  const places = placesIn(root);
  const place = places[tape.place(places.length)];
  if (place === undefined) return; // the change before has left nothing
  const [holder, key] = place;
  const value: unknown = Reflect.get(holder, key);
  switch (tape.below(9)) {
    case 0:
      Reflect.deleteProperty(holder, key); // which leaves a hole in an array
      break;
    case 1:
      put(holder, key, drawNonsense(tape, 2));
      break;
    case 2:
      put(holder, key, nudged(value, tape));
      break;
    case 3: {
      const [otherHolder, otherKey] = places[tape.place(places.length)] as Place;
      const other: unknown = Reflect.get(otherHolder, otherKey);
      if (holds(value, otherHolder) || holds(other, holder)) break; // a cycle is no message
      put(holder, key, other);
      put(otherHolder, otherKey, value);
      break;
    }
    case 4:
      put(holder, key, [value]);
      break;
    case 5:
      put(holder, tape.pick(['id', 'batch', 'bye', 'index', '__proto__', 'extra']), drawNonsense(tape, 1));
      break;
    case 6:
      if (Array.isArray(value)) value.splice(tape.place(value.length + 1), tape.below(2), value[0]);
      break;
    case 7:
      if (Array.isArray(value)) value.length = tape.place(value.length + 2);
      break;
    case 8:
      if (Array.isArray(value)) value.reverse();
      break;
  }
}

/** Nearly the same. */
function nudged(value: unknown, tape: Tape): unknown {
  if (typeof value === 'number') return value + tape.pick([1, -1, 0.5, 2 ** 53]);
  if (typeof value === 'boolean') return !value;
  if (typeof value !== 'string') return value;
  return changeText(value, tape);
}

const characters = [
  '"',
  '\\',
  ',',
  '[',
  ']',
  '{',
  '}',
  ':',
  '0',
  '-',
  'e',
  'é',
  '\ud800',
  '\n',
  '\0',
  '',
] as const;

function changeText(text: string, tape: Tape): string {
  const at = tape.place(text.length + 1);
  switch (tape.below(4)) {
    case 0:
      return text.slice(0, at) + tape.pick(characters) + text.slice(at);
    case 1:
      return text.slice(0, at) + tape.pick(characters) + text.slice(at + 1);
    case 2:
      return text.slice(0, at);
    default:
      return text.slice(0, at) + text.slice(tape.place(text.length + 1));
  }
}

/** `text` after up to three changes of its characters. */
export function mutatedText(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(poolOf(text), bytes(16)).map(([right, drawn]) => {
    const tape = new Tape(drawn);
    let changed = right;
    for (let count = tape.below(4); count > 0; count--) changed = changeText(changed, tape);
    return changed;
  });
}

function placesIn(root: object): Place[] {
  const places: Place[] = [];
  const visit = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null || ArrayBuffer.isView(holder)) return;
    for (const key of Object.keys(holder)) {
      places.push([holder, key]);
      visit(Reflect.get(holder, key));
    }
  };
  visit(root);
  return places;
}

function holds(value: unknown, holder: object): boolean {
  return value === holder || placesIn({ value }).some(([inner]) => inner === holder);
}
