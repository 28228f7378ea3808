/** Lines in what arrives: the same however it was cut, and none that is longer than it may be. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LineReader, toLines } from '#lib/json-rpc/media/lines.js';
import { holds } from '../../support/property.js';

/** What a reader finds that takes `limit` bytes a line, and whether each line was within it. */
function read(
  chunks: readonly Buffer[],
  limit = Infinity,
  reader = new LineReader(),
): { lines: string[]; isWithin: boolean; asked: number[] } {
  const lines: string[] = [];
  const asked: number[] = [];
  const fits = (length: number): boolean => {
    asked.push(length);
    return length <= limit;
  };
  const isWithin = chunks.every((chunk) => reader.read(chunk, fits, (line) => lines.push(line)));
  return { lines, isWithin, asked };
}

/** `bytes` in pieces that end at `cuts`. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const ends = [...cuts.map((end) => end % (bytes.length + 1)), bytes.length].toSorted((a, b) => a - b);
  return ends.map((end, position) => bytes.subarray(ends[position - 1] ?? 0, end));
}

const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('\n', ' '));

describe('lines', () => {
  it('are the same, however what arrives is cut', () => {
    const cuts = fc.array(fc.nat(), { maxLength: 12 });
    holds(
      fc.property(fc.array(line, { maxLength: 8 }), line, cuts, (lines, rest, ends) => {
        const reader = new LineReader();
        const bytes = Buffer.from([...lines, rest].join('\n'));
        assert.deepEqual(read(cut(bytes, ends), Infinity, reader).lines, lines);
        assert.equal(reader.isInLine, rest !== '');
        assert.deepEqual(read([Buffer.from('\n')], Infinity, reader).lines, [rest]);
        assert.equal(reader.isInLine, false);
      }),
    );
  });

  it('that come byte by byte are found, also long ones', () => {
    const text = 'é😀'.repeat(2_000);
    const bytes = Buffer.from(`${text}\n${text}\n`);
    assert.deepEqual(read(cut(bytes, [...bytes.keys()])).lines, [text, text]);
  });

  it('may be empty, and keep the carriage return before their end', () => {
    assert.deepEqual(read([Buffer.from('\n\r\n{}\r\n')]).lines, ['', '\r', '{}\r']);
    assert.deepEqual(JSON.parse('{}\r'), {}); // which is white space to JSON
  });

  it('that are no UTF-8 become no JSON, and the lines beside them are as they are', () => {
    const good = Buffer.from('"é"\n');
    for (const bad of [[0xff], [0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x22, 0x80, 0x22]]) {
      const bytes = Buffer.concat([good, Buffer.from([...bad, 0x0a]), good]);
      const [before, found = '', after] = read([bytes]).lines;
      assert.deepEqual([before, after], ['"é"', '"é"']);
      assert.throws(() => void JSON.parse(found), SyntaxError);
    }
  });

  it('may be as long as the limit in bytes, and not one byte longer', () => {
    holds(
      fc.property(
        line.filter((text) => text !== ''),
        fc.array(fc.nat()),
        (text, ends) => {
          const bytes = Buffer.from(`${text}\n`);
          const limit = bytes.length - 1;
          const within = read(cut(bytes, ends), limit);
          assert.deepEqual([within.isWithin, within.lines], [true, [text]]);
          const beyond = read(cut(bytes, ends), limit - 1);
          assert.deepEqual([beyond.isWithin, beyond.lines], [false, []]);
          // Not even the end is waited for.
          assert.equal(read(cut(bytes.subarray(0, limit), ends), limit - 1).isWithin, false);
        },
      ),
    );
  });

  it('before one that is too long are delivered, and what follows is not looked at', () => {
    const { lines, isWithin } = read([Buffer.from('1\n22\n333\n4\n')], 2);
    assert.deepEqual([lines, isWithin], [['1', '22'], false]);
  });

  it('are asked about before they are taken, each with its whole length', () => {
    const { asked } = read([Buffer.from('12'), Buffer.from('34\n5')]);
    assert.deepEqual(asked, [2, 4, 1]);
  });

  it('do not change when the memory that they came in does', () => {
    const chunk = Buffer.from('abc');
    const reader = new LineReader();
    read([chunk], Infinity, reader);
    chunk.fill('x');
    assert.deepEqual(read([Buffer.from('d\n')], Infinity, reader).lines, ['abcd']);
  });
});

describe('texts as lines', () => {
  it('are read as the same texts', () => {
    holds(
      fc.property(fc.array(line, { minLength: 1 }), (texts) => {
        assert.deepEqual(read([toLines(texts)]).lines, texts);
      }),
      200,
    );
  });

  it('are made once for the same texts', () => {
    const texts = ['1', '2'];
    assert.equal(toLines(texts), toLines(texts));
    assert.notEqual(toLines(texts), toLines([...texts]));
  });
});
