/**
 * Numbered values of a given size, so that whoever receives them can tell what is missing, doubled or out of
 * place.
 */

/** One for the publisher, the others for the number. */
const digits = 9;

/** ASCII strings of `size` characters that begin with their publisher, of at most ten, and their number. */
export function numberedValues(first: number, count: number, size: number, publisher = 0): string[] {
  const padding = 'x'.repeat(size - digits);
  return Array.from(
    { length: count },
    (_, offset) => publisher + String(first + offset).padStart(digits - 1, '0') + padding,
  );
}

export function publisherOf(value: string): number {
  return value.charCodeAt(0) - 48;
}

/** The number of a value, read without making anything. */
export function numberOf(value: string): number {
  let number = 0;
  for (let position = 1; position < digits; position++)
    number = number * 10 + value.charCodeAt(position) - 48;
  return number;
}

/** The number of a value of publisher 0 that begins there. */
export function numberAt(data: Buffer, start: number): number {
  let number = 0;
  for (let position = start; position < start + digits; position++)
    number = number * 10 + (data[position] ?? 0) - 48;
  return number;
}
