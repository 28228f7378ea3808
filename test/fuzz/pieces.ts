/** Bytes as they come over a stream: in pieces, cut anywhere. */
import fc from 'fast-check';

/** Where to cut; as many places as there are bytes at most, and often next to each other. */
export const cuts: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.nat(400), { maxLength: 12 }),
  fc.constant(Array.from({ length: 400 }, (_, at) => at)), // byte by byte
);

/** `bytes` in pieces that end at `places`, some of them empty, each in memory of its own. */
export function pieces(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = places.filter((end) => end < bytes.length).toSorted((a, b) => a - b);
  return [...ends, bytes.length].map((end, at) => Buffer.from(bytes.subarray(ends[at - 1] ?? 0, end)));
}
