/**
 * Texts as messages of a WebSocket (RFC 6455), as a server without extensions sends them: a frame each, not masked.
 */
import { Memo } from '../../protocol/memo.js';

/** Texts may be on their way to many peers: the same bytes for the same array. */
export function toFrames(texts: readonly string[]): Buffer {
  return madeFrames.of(texts);
}

const madeFrames = new Memo((texts: readonly string[]) =>
  Buffer.concat(
    texts.flatMap((text) => {
      const payload = Buffer.from(text);
      return [header(payload.length), payload];
    }),
  ),
);

/** The last frame of a message, and the only one; of text. */
const finalText = 0x81;

/** Before a payload of so many bytes. */
function header(length: number): Buffer {
  if (length < 126) return Buffer.from([finalText, length]);
  if (length < 2 ** 16) return Buffer.from([finalText, 126, length >> 8, length & 0xff]);
  const bytes = Buffer.alloc(10);
  bytes[0] = finalText;
  bytes[1] = 127;
  bytes.writeUIntBE(length, 4, 6);
  return bytes;
}
