/** The meter of a WebSocket, on frames and on nonsense: it says the same after the same bytes, however they come. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FrameMeter } from '#lib/json-rpc/media/frame-meter.js';
import { record } from '../support/arbitraries.js';
import { cuts, pieces } from './pieces.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';

/** What can be said of a message after each byte. */
interface State {
  readonly length: number;
  readonly isInMessage: boolean;
  /** Whether this byte was the last of one. */
  readonly isEnd: boolean;
}

/** By RFC 6455, section 5.2, one frame after the other. */
function expected(all: Buffer): State[] {
  const states: State[] = [];
  let announced = 0;
  let isInMessage = false;
  const say = (count: number, isEnd = false): void => {
    for (let left = count; left > 0 && states.length < all.length; left--) {
      states.push({ length: announced, isInMessage, isEnd: isEnd && left === 1 });
    }
  };
  while (states.length < all.length) {
    const at = states.length;
    const [first = 0, second] = all.subarray(at);
    const isControl = (first & 0b1000) !== 0;
    isInMessage ||= !isControl;
    if (second === undefined) {
      say(1);
      break;
    }
    const size = second & 0x7f;
    const extended = size === 127 ? 8 : size === 126 ? 2 : 0;
    const header = 2 + extended + (second >= 0x80 ? 4 : 0);
    if (all.length - at < header) {
      say(header);
      break;
    }
    const payload =
      extended === 0 ? size : Number(`0x${all.subarray(at + 2, at + 2 + extended).toString('hex')}`);
    const isLast = first >= 0x80 && !isControl;
    say(header - 1);
    if (!isControl) announced += payload;
    if (isLast && payload === 0) {
      announced = 0;
      isInMessage = false;
      say(1, true);
      continue;
    }
    say(1);
    if (payload === 0) continue;
    say(payload - 1);
    if (isLast && states.length < all.length) {
      announced = 0;
      isInMessage = false;
    }
    say(1, isLast);
  }
  return states;
}

/** Frames as they should be, of all sizes, with payloads that look like headers; or of no sense at all. */
const frame = record({
  first: fc.oneof(fc.constantFrom(0x00, 0x01, 0x02, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a), fc.nat(255)),
  isMasked: fc.boolean(),
  length: fc.oneof(
    { weight: 5, arbitrary: fc.nat(5) },
    { weight: 1, arbitrary: fc.constantFrom(125, 126, 130, 300) },
  ),
  /** In more bytes than are needed. */
  isLong: fc.boolean(),
}).map(({ first, isMasked, length, isLong }) => {
  const mask = isMasked ? 0x80 : 0;
  const size = isLong
    ? [mask | 127, 0, 0, 0, 0, 0, 0, length >> 8, length & 0xff]
    : [mask | 126, length >> 8, length & 0xff];
  const header = length < 126 && !isLong ? [mask | length] : size;
  return Buffer.from([
    first,
    ...header,
    ...(isMasked ? [0x81, 0, 0x81, 0x7f] : []),
    ...Array<number>(length).fill(0x81),
  ]);
});

const bytes = fc
  .array(
    fc.oneof(
      { weight: 9, arbitrary: frame },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 12 }) },
      { weight: 1, arbitrary: fc.constant([0x82, 0xff, 0, 0x1f, 255, 255, 255, 255, 255, 255]) },
    ),
    { maxLength: 8 },
  )
  .map((parts) => Buffer.concat(parts.map((part) => Uint8Array.from(part))));

describe('the fuzzed meter of a WebSocket', () => {
  it('knows after each piece what the bytes until there say', () => {
    const tally = new Tally();
    fuzz(
      'frame-meter: bytes',
      fc.property(bytes, cuts, (all, places) => {
        const states = expected(all);
        const meter = new FrameMeter();
        let at = 0;
        for (const piece of pieces(all, places)) {
          const completes = meter.read(piece);
          const passed = states.slice(at, at + piece.length);
          at += piece.length;
          assert.equal(
            completes,
            passed.some(({ isEnd }) => isEnd),
            `an end before byte ${at}`,
          );
          const { length, isInMessage } = states[at - 1] ?? { length: 0, isInMessage: false };
          assert.equal(meter.isInMessage, isInMessage, `after byte ${at}`);
          // Lengths that no message ever has are rounded, one way or another.
          const error = length <= Number.MAX_SAFE_INTEGER ? 0 : length * 1e-9;
          assert.ok(
            Math.abs(meter.length - length) <= error,
            `${meter.length} after byte ${at}, not ${length}`,
          );
        }
        const ends = states.filter(({ isEnd }) => isEnd).length;
        tally.note(ends === 0 ? 'no message' : ends === 1 ? 'one message' : 'several');
      }),
    );
    tally.check('no message', 'one message', 'several');
  });
});
