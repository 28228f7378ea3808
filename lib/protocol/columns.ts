/**
 * Many events in columns: the distinct names, the name of each event, and all values as the text of one
 * JSON array with the length of each element. So the server can route, forward and slice without parsing a
 * value, and a receiver parses once. Knows nothing of who says them to whom.
 */
import { isCount } from './guards.js';
import type { EncodedValue } from './value.js';

/** Events in order, at least one. Immutable: one batch may be on its way to many receivers. */
export interface Columns {
  /** The distinct event names, in order of first appearance. */
  readonly names: readonly string[];
  /** For each event the index of its name; absent where there is one name only. */
  readonly index?: readonly number[];
  /** The text of one JSON array, with no white space between its elements. */
  readonly values: string;
  /** For each event the length of its element in `values`, in UTF-16 code units. */
  readonly lengths: readonly number[];
}

/** Collects events into {@link Columns}. */
export class ColumnsBuilder {
  readonly #names = new Map<string, number>();
  readonly #index: number[] = [];
  readonly #values: EncodedValue[] = [];
  readonly #lengths: number[] = [];

  add(name: string, value: EncodedValue): void {
    let position = this.#names.get(name);
    if (position === undefined) {
      position = this.#names.size;
      this.#names.set(name, position);
    }
    this.#index.push(position);
    this.#values.push(value);
    this.#lengths.push(value.length);
  }

  build(): Columns {
    const names = [...this.#names.keys()];
    const values = `[${this.#values.join(',')}]`;
    return names.length === 1
      ? { names, values, lengths: this.#lengths }
      : { names, index: this.#index, values, lengths: this.#lengths };
  }
}

/** One event in columns. */
export function oneEvent(name: string, value: EncodedValue): Columns {
  return { names: [name], values: `[${value}]`, lengths: [value.length] };
}

/** The name of the event at `position`. */
export function nameAt(columns: Columns, position: number): string {
  return columns.names[columns.index?.[position] ?? 0] as string;
}

/** Each event in columns of its own, in order. */
export function* separateEvents(columns: Columns): Generator<Columns> {
  let position = 0;
  for (const value of encodedValues(columns)) yield oneEvent(nameAt(columns, position++), value);
}

/** The JSON text of each value, in order. */
export function* encodedValues(columns: Columns): Generator<EncodedValue> {
  let start = 1;
  for (const length of columns.lengths) {
    yield columns.values.slice(start, start + length);
    start += length + 1;
  }
}

/** Only the events whose name index is in `wanted`: one or more of them, ascending. Order is kept. */
export function sliceColumns(columns: Columns, wanted: readonly number[]): Columns {
  const renumbered: number[] = [];
  for (const [position, name] of wanted.entries()) renumbered[name] = position;
  const index: number[] = [];
  const values: EncodedValue[] = [];
  const lengths: number[] = [];
  let start = 1;
  for (let position = 0; position < columns.lengths.length; position++) {
    const length = columns.lengths[position] as number;
    const name = renumbered[columns.index?.[position] ?? 0];
    if (name !== undefined) {
      index.push(name);
      values.push(columns.values.slice(start, start + length));
      lengths.push(length);
    }
    start += length + 1;
  }
  const slice = {
    names: wanted.map((name) => columns.names[name] as string),
    values: `[${values.join(',')}]`,
    lengths,
  };
  return wanted.length === 1 ? slice : { ...slice, index };
}

/**
 * What is wrong with the form of `value` as {@link Columns}, or `undefined` where nothing is. Never throws,
 * parses no value, and leaves it to the receiver which names and lengths it allows.
 */
export function columnsProblem(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'a batch must be an object';
  const { names, index, values, lengths } = value as Partial<Record<keyof Columns, unknown>>;
  // A loop, since a list may have holes, over which every() would pass.
  if (!Array.isArray(names) || names.length === 0 || !areStrings(names)) {
    return 'a batch must name its events';
  }
  if (typeof values !== 'string' || !Array.isArray(lengths) || lengths.length === 0) {
    return 'a batch must hold values and their lengths';
  }
  if (!fits(values, lengths)) return 'the lengths in a batch do not fit its values';
  if (index === undefined) return names.length === 1 ? undefined : 'a batch of several names must index them';
  if (!Array.isArray(index) || index.length !== lengths.length || !indexesAll(names, index)) {
    return 'a batch must index each of its events, and use each of its names';
  }
  return undefined;
}

function areStrings(list: readonly unknown[]): boolean {
  for (const element of list) if (typeof element !== 'string') return false;
  return true;
}

/** Whether `values` is bracketed and has a comma after each length, as far as can be seen without parsing. */
function fits(values: string, lengths: readonly unknown[]): boolean {
  let end = 1;
  for (const length of lengths) {
    if (!isCount(length) || length === 0) return false;
    end += length + 1;
    if (values[end - 1] !== (end === values.length ? ']' : ',')) return false;
  }
  return values[0] === '[' && end === values.length;
}

function indexesAll(names: readonly unknown[], index: readonly unknown[]): boolean {
  const isUsed: boolean[] = [];
  let used = 0;
  for (const position of index) {
    if (!isCount(position) || position >= names.length) return false;
    if (isUsed[position] !== true) {
      isUsed[position] = true;
      used += 1;
    }
  }
  return used === names.length;
}
