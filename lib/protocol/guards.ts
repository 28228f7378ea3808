/** What a peer's words are looked at with, before they are believed. Nothing here throws. */

/** A whole number: a count, a length, a position, the number of a request. */
export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
