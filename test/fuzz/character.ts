/** Any character of Unicode. fast-check's own unit 'binary' takes a second to be set up, in each process. */
import fc from 'fast-check';

const surrogates = { first: 0xd800, count: 0x800 };

export const character: fc.Arbitrary<string> = fc
  .integer({ min: 0, max: 0x10ffff - surrogates.count })
  .map((point) => String.fromCodePoint(point < surrogates.first ? point : point + surrogates.count));
