/** Lines in arbitrary bytes: those that a reader finds who has all bytes at once, however they come. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineReader, toLines } from '#lib/json-rpc/media/lines.js';
import { character } from './character.js';
import { cuts, pieces } from './pieces.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';

const newline = 0x0a;

/** Texts and single bytes, which seldom make UTF-8 together, in lines of some length. */
const bytes = fc
  .array(
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('\n') },
      { weight: 6, arbitrary: fc.string({ unit: character, maxLength: 20 }) },
      { weight: 1, arbitrary: fc.constantFrom('\ufeff', '\r\n', '\u2028', 'é'.repeat(700)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }) },
    ),
    { maxLength: 14 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Buffer.from(part as string))));

const limit = fc.oneof(fc.nat(40), fc.constant(Infinity));

interface Found {
  readonly lines: readonly string[];
  /** Whether no line was too long. */
  readonly isWithin: boolean;
  readonly isInLine: boolean;
}

function expected(all: Buffer, most: number): Found {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lines: string[] = [];
  let line: number[] = [];
  for (const byte of all) {
    if (byte === newline) {
      lines.push(decode(decoder, line));
      line = [];
    } else {
      line.push(byte);
      if (line.length > most) return { lines, isWithin: false, isInLine: true };
    }
  }
  return { lines, isWithin: true, isInLine: line.length > 0 };
}

function decode(decoder: InstanceType<typeof TextDecoder>, line: readonly number[]): string {
  try {
    return decoder.decode(Uint8Array.from(line));
  } catch {
    return '\ufffd'; // which is no JSON
  }
}

function found(chunks: readonly Buffer[], most: number): Found {
  const reader = new LineReader();
  const lines: string[] = [];
  const isWithin = chunks.every((chunk) => {
    const isRight = reader.read(
      chunk,
      (length) => length <= most,
      (line) => lines.push(line),
    );
    chunk.fill(newline); // the memory that it came in is used again
    return isRight;
  });
  return { lines, isWithin, isInLine: reader.isInLine };
}

describe('fuzzed lines', () => {
  it('are the same however they come, up to the first that is too long', () => {
    const tally = new Tally();
    fuzz(
      'lines: bytes',
      fc.property(bytes, cuts, limit, (all, places, most) => {
        const right = expected(all, most);
        for (const chunks of [pieces(all, places), pieces(all, [])]) {
          const { lines, isWithin, isInLine } = found(chunks, most);
          assert.deepEqual([lines, isWithin], [right.lines, right.isWithin]);
          // After a line that is too long nobody asks any more.
          if (isWithin) assert.equal(isInLine, right.isInLine);
        }
        tally.note(right.isWithin ? 'within' : 'too long');
        if (right.lines.length === 0) return;
        // And back, where they are texts.
        const texts = right.lines.map((line) => line.toWellFormed());
        assert.deepEqual(found(pieces(Buffer.from(toLines(texts)), places), Infinity).lines, texts);
      }),
    );
    tally.check('within', 'too long');
  });
});
