/**
 * Numbered values of a given size, so that whoever receives them can tell what is missing, doubled or out of
 * place.
 */

const digits = 8;

/** ASCII strings of `size` characters that begin with their number. */
export function numberedValues(first: number, count: number, size: number): string[] {
  const padding = 'x'.repeat(size - digits);
  return Array.from({ length: count }, (_, offset) => String(first + offset).padStart(digits, '0') + padding);
}

/** The number of a value, read without making anything. */
export function numberOf(value: string): number {
  let number = 0;
  for (let position = 0; position < digits; position++)
    number = number * 10 + value.charCodeAt(position) - 48;
  return number;
}
