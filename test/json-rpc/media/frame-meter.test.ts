/** The messages in the bytes of a WebSocket: where they begin and end, and how long they are, however they come. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FrameMeter } from '#lib/json-rpc/media/frame-meter.js';
import { record } from '../../support/arbitraries.js';
import { holds } from '../../support/property.js';

const [continuation, text, binary, ping] = [0x0, 0x1, 0x2, 0x9];

/** A frame with so long a payload. */
function frame(opcode: number, isFinal: boolean, length: number, isMasked = true): Buffer {
  const header = [(isFinal ? 0x80 : 0) | opcode];
  const mask = isMasked ? 0x80 : 0;
  if (length < 126) header.push(mask | length);
  else if (length < 65_536) header.push(mask | 126, length >> 8, length & 0xff);
  else
    header.push(
      mask | 127,
      0,
      0,
      0,
      0,
      length >>> 24,
      (length >> 16) & 0xff,
      (length >> 8) & 0xff,
      length & 0xff,
    );
  // A payload that looks like headers.
  return Buffer.concat([
    Buffer.from(header),
    Buffer.alloc(isMasked ? 4 : 0, 0x81),
    Buffer.alloc(length, 0x81),
  ]);
}

const length = fc.oneof(fc.nat(3), fc.constantFrom(125, 126, 127, 65_535, 65_536), fc.nat(300));
const message = record({
  opcode: fc.constantFrom(text, binary),
  parts: fc.array(record({ length, pings: fc.array(fc.nat(125), { maxLength: 2 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
  isMasked: fc.boolean(),
});

describe('the meter of a WebSocket', () => {
  it('knows where each message ends, in however many frames it comes, and however it is cut', () => {
    const messages = fc.array(message, { maxLength: 4 });
    holds(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 10 }), (all, cuts) => {
        const ends: number[] = [];
        const frames: Buffer[] = [];
        let total = 0;
        const add = (bytes: Buffer): void => {
          frames.push(bytes);
          total += bytes.length;
        };
        for (const { opcode, parts, isMasked } of all) {
          for (const [position, part] of parts.entries()) {
            // Control frames may come between the frames of a message.
            for (const control of part.pings) add(frame(ping, true, control, isMasked));
            const isFinal = position === parts.length - 1;
            add(frame(position === 0 ? opcode : continuation, isFinal, part.length, isMasked));
          }
          ends.push(total);
        }
        const bytes = Buffer.concat(frames);
        const meter = new FrameMeter();
        const stops = [...cuts.map((stop) => stop % (total + 1)), total].toSorted((a, b) => a - b);
        let start = 0;
        for (const stop of stops) {
          const expected = ends.some((end) => end > start && end <= stop);
          assert.equal(meter.read(bytes.subarray(start, stop)), expected);
          start = stop;
        }
        assert.deepEqual([meter.length, meter.isInMessage], [0, false]);
      }),
      300,
    );
  });

  it('knows how long a message will be from the header of each of its frames', () => {
    const meter = new FrameMeter();
    for (const size of [5, 300, 70_000]) {
      const before = meter.length;
      const bytes = frame(size === 5 ? text : continuation, false, size);
      for (let at = 0; at < bytes.length - size - 1; at++) {
        meter.read(bytes.subarray(at, at + 1));
        assert.equal(meter.length, before, `${size}, byte ${at}`);
      }
      meter.read(bytes.subarray(bytes.length - size - 1, bytes.length - size));
      assert.equal(meter.length, before + size);
      meter.read(bytes.subarray(bytes.length - size));
      assert.equal(meter.length, before + size);
    }
    assert.equal(meter.read(frame(continuation, true, 0)), true);
    assert.equal(meter.length, 0);
  });

  it('knows that a message has begun from its first byte, and that a control frame is none', () => {
    const meter = new FrameMeter();
    meter.read(Buffer.from([0x80 | ping]));
    assert.equal(meter.isInMessage, false);
    meter.read(Buffer.from([0x80 | 3, 1, 1, 1, 1]));
    assert.equal(meter.isInMessage, false);
    meter.read(Buffer.from([1, 1, 1]));
    assert.deepEqual([meter.isInMessage, meter.length], [false, 0]);
    meter.read(Buffer.from([0x80 | text]));
    assert.deepEqual([meter.isInMessage, meter.length], [true, 0]);
    meter.read(Buffer.from([0x80 | 2, 1, 1, 1, 1, 1]));
    assert.equal(meter.length, 2);
    assert.equal(
      meter.read(Buffer.concat([Buffer.from([1]), frame(ping, true, 0), Buffer.from([0x80 | text])])),
      true,
    );
    assert.equal(meter.isInMessage, true);
  });

  it('knows that a message has begun where its header came as a whole', () => {
    const meter = new FrameMeter();
    assert.equal(meter.read(Buffer.from([0x80 | text, 3, 1])), false);
    assert.deepEqual([meter.isInMessage, meter.length], [true, 3]);
    assert.equal(meter.read(Buffer.from([1, 1])), true);
    // The header of the next one is no end.
    assert.equal(meter.read(Buffer.from([0x80 | text])), false);
    assert.equal(meter.read(Buffer.from([1])), false);
    assert.equal(meter.read(Buffer.from([1])), true);
  });

  it('takes the longest length that a header can say', () => {
    const meter = new FrameMeter();
    meter.read(Buffer.from([0x80 | text, 0xff, ...Array<number>(8).fill(0xff), 0, 0, 0, 0]));
    assert.ok(meter.length >= 2 ** 63);
  });
});
