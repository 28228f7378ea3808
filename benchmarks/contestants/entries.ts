/**
 * The entries that are held: numbered keys, and values that begin with a number, as `numberedValues` makes them. Their
 * strings are of one piece, as those are that come out of a socket.
 */
import { numberedValues, numberOf } from '../harness/values.js';
import type { Entry } from './contestant.js';

/** Characters of a value. */
export const valueSize = 64;
/** To how many keys values are written in turn, where they are published. */
export const writtenKeys = 1_000;
/** How many a cache may hold: all that are asked for. */
export const cachedEntries = 200_000;

/** The first `size` of them. */
export function entriesOf(size: number): Entry[] {
  return numberedValues(0, size, valueSize).map((value, number) => [keyAt(number), ofOnePiece(value)]);
}

/** With what key a value is written. */
export function keyOf(value: string): string {
  return keyAt(numberOf(value) % writtenKeys);
}

export function keyAt(number: number): string {
  return ofOnePiece(`product.${String(number).padStart(6, '0')}`);
}

/** `all` in parts of so many. */
export function* chunksOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let first = 0; first < all.length; first += size) yield all.slice(first, first + size);
}

function ofOnePiece(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1');
}
