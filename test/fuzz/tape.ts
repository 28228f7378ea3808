/**
 * Choices by a tape of random bytes: cheap enough for a hundred thousand cases, and made smaller by fast-check when a
 * case fails, as a shorter tape of smaller bytes makes a simpler choice each time.
 */
import fc from 'fast-check';

export class Tape {
  readonly #bytes: readonly number[];
  #at = 0;

  constructor(drawn: readonly number[]) {
    this.#bytes = drawn;
  }

  /** A whole number from 0 to `limit` - 1, at most 256 of them; 0 where the tape is at its end. */
  below(limit: number): number {
    return (this.#bytes[this.#at++] ?? 0) % limit;
  }

  /** A place in a list or text of so many; also where these are more than a byte can tell. */
  place(length: number): number {
    return length <= 256
      ? this.below(Math.max(length, 1))
      : (this.below(256) * 256 + this.below(256)) % length;
  }

  /** One of `list`, which must not be empty. */
  pick<Element>(list: readonly Element[]): Element {
    return list[this.below(list.length)] as Element;
  }
}

export function bytes(maxLength: number): fc.Arbitrary<number[]> {
  return fc.array(fc.nat(255), { maxLength, size: 'max' });
}
