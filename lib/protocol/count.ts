/** Whole numbers from a peer: counts, lengths, positions, numbers of requests. */

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
