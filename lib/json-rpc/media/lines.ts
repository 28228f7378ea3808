/**
 * Texts as lines: one JSON text per line of UTF-8, ended by a newline. Finds them in what arrives, holding no more
 * than the longest line that may come.
 */
import { isUtf8 } from 'node:buffer';
import { Memo } from '../../protocol/memo.js';

const newline = 0x0a;
/** Room for a line that has begun, at first. */
const firstRoom = 1024;

export class LineReader {
  /** What has arrived of a line whose end has not. Copied, as a view would keep all that came with it. */
  #partial = Buffer.alloc(0);
  #length = 0;

  /** Whether a line has begun. */
  get isInLine(): boolean {
    return this.#length > 0;
  }

  /**
   * The lines that `chunk` completes, without their ends.
   *
   * @param fits whether a line may have so many bytes.
   * @param take is given each line.
   * @returns whether each line may have its length; if not, what follows is of no use.
   */
  read(chunk: Buffer, fits: (length: number) => boolean, take: (line: string) => void): boolean {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      if (!fits(this.#length + end - start)) return false;
      const rest = chunk.subarray(start, end);
      take(decode(this.#length === 0 ? rest : this.#complete(rest)));
      start = end + 1;
    }
    if (!fits(this.#length + chunk.length - start)) return false;
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return true;
  }

  #complete(rest: Buffer): Buffer {
    this.#keep(rest);
    const line = this.#partial.subarray(0, this.#length);
    this.#partial = Buffer.alloc(0);
    this.#length = 0;
    return line;
  }

  #keep(part: Buffer): void {
    const length = this.#length + part.length;
    if (length > this.#partial.length) {
      const room = Buffer.allocUnsafeSlow(Math.max(length, this.#partial.length * 2, firstRoom));
      this.#partial.copy(room, 0, 0, this.#length);
      this.#partial = room;
    }
    part.copy(this.#partial, this.#length);
    this.#length = length;
  }
}

/** What is no UTF-8 becomes what is no JSON, rather than another text than was sent. */
function decode(line: Buffer): string {
  return isUtf8(line) ? line.toString() : '\u{fffd}';
}

/** Texts may be on their way to many peers: the same bytes for the same array. */
export function toLines(texts: readonly string[]): Buffer {
  return madeLines.of(texts);
}

const madeLines = new Memo((texts: readonly string[]) => Buffer.from(`${texts.join('\n')}\n`));
