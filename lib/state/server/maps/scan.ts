/**
 * The contents of a map, part by part, while it changes. What was changed behind its back is told as a change to whoever
 * watches the map, on the same link, before the part that comes next: so each part is that of the map at its moment.
 */
import type { EncodedValue } from '../../../protocol/value.js';
import type { AuthorityMap, Entry } from './map.js';

export class Scan {
  readonly #entries: IterableIterator<[string, Entry]>;
  readonly #partLength: number;
  #part = 0;
  #isOver = false;

  /** @param partLength so long is a part at the least, in characters: it ends with the entry that makes it so long. */
  constructor(map: AuthorityMap, partLength: number) {
    this.#entries = map.entries();
    this.#partLength = partLength;
  }

  /** The number of the next part. */
  get part(): number {
    return this.#part;
  }

  /** Whether there is none any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The text of a JSON array of keys, versions and values. The last one may be empty. */
  next(): EncodedValue {
    const entries: string[] = [];
    for (let length = 0; length < this.#partLength;) {
      // Not looked at ahead: what comes next may have changed by then.
      const { value: next, done } = this.#entries.next() as IteratorResult<[string, Entry], undefined>;
      if (done === true) {
        this.#isOver = true;
        break;
      }
      const [key, { version, value }] = next;
      const text = `[${JSON.stringify(key)},${version},${value}]`;
      entries.push(text);
      length += text.length;
    }
    this.#part += 1;
    return `[${entries.join(',')}]`;
  }
}
