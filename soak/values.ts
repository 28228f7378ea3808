/**
 * What is published: values that say who they are, and can be seen to be whole.
 */
import type { Random } from './random.js';

export interface Value {
  readonly id: number;
  readonly size: number;
  readonly text: string;
}

/** Most values are small; few are large. So many of a thousand have up to so many characters. */
const sizes = [
  { share: 700, most: 128 },
  { share: 250, most: 1_024 },
  { share: 48, most: 8_192 },
  { share: 1.98, most: 65_536 },
  { share: 0.02, most: 524_288 },
] as const;

const alphabet = 'abcdefghijklmnopqrstuvwxyz "\\ö€';
const text = alphabet.repeat(Math.ceil(524_288 / alphabet.length));

export function sizeOf(random: Random): number {
  let share = random.next() * 1000;
  for (const size of sizes) {
    if (share < size.share) return random.integer(16, size.most);
    share -= size.share;
  }
  return 16;
}

export function makeValue(id: number, size: number): Value {
  return { id, size, text: text.slice(0, size) };
}

export function isIntact(value: unknown): value is Value {
  if (typeof value !== 'object' || value === null) return false;
  const { id, size, text: own } = value as Partial<Value>;
  return (
    typeof id === 'number' &&
    typeof size === 'number' &&
    typeof own === 'string' &&
    own === text.slice(0, size)
  );
}
