/**
 * Where the messages in the bytes of a WebSocket begin and end, and how long they are: found in the headers of its
 * frames, before a message is complete. What is no WebSocket is not this module's matter: `ws` reads the same bytes.
 */

const final = 0x80;
const masked = 0x80;
const controlFrames = 0x08;

export class FrameMeter {
  /** Bytes of the message that has begun and is not complete, as far as its frames have announced them. */
  length = 0;
  /** Whether one has begun. */
  isInMessage = false;
  /** A header that is not complete. */
  #header: number[] = [];
  /** Bytes still to come of the payload of a frame. */
  #payload = 0;
  #isControl = false;
  #isFinal = false;

  /** @returns whether `chunk` completes a message. */
  read(chunk: Buffer): boolean {
    let completes = false;
    for (let at = 0; at < chunk.length;) {
      if (this.#payload === 0) {
        this.#header.push(chunk[at++] ?? 0);
        if (!this.#begin()) continue;
      } else {
        const taken = Math.min(this.#payload, chunk.length - at);
        this.#payload -= taken;
        at += taken;
      }
      if (this.#payload === 0 && this.#isFinal && !this.#isControl) {
        completes = true;
        this.isInMessage = false;
        this.length = 0;
      }
    }
    // A header that has begun is the beginning of a message, unless it is that of a control frame.
    const [first] = this.#header;
    if (first !== undefined && (first & controlFrames) === 0) this.isInMessage = true;
    return completes;
  }

  /** Whether the header is complete; what it says is in place then. */
  #begin(): boolean {
    const [first = 0, second] = this.#header;
    if (second === undefined) return false;
    const size = second & 0x7f;
    const extended = size === 127 ? 8 : size === 126 ? 2 : 0;
    if (this.#header.length < 2 + extended + ((second & masked) === 0 ? 0 : 4)) return false;
    this.#payload = extended === 0 ? size : 0;
    for (const byte of this.#header.slice(2, 2 + extended)) this.#payload = this.#payload * 256 + byte;
    this.#header = [];
    this.#isFinal = (first & final) !== 0;
    this.#isControl = (first & controlFrames) !== 0;
    if (!this.#isControl) {
      this.isInMessage = true;
      this.length += this.#payload;
    }
    return true;
  }
}
