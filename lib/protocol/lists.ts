/**
 * Long lists of counts as text, a character or two for each: a serialization copies a text as a whole, where it would write
 * and read each number of an array by itself. Owns the spelling, and a guard that never throws. See docs/protocol.md, "Batches".
 */

/** From so many counts on, a list is spelled as text. */
export const textFrom = 32;

/** Counts begin at the space, so that the smallest ones need no escape in JSON. */
const base = 0x20;
/** Counts that with `base` do not fit into 15 bits have a first character with this bit, and the higher bits. */
const high = 0x8000;
/** What one character holds at the most beyond `high`: with more, it could be half of a surrogate pair. */
const mostHigh = 0x4000;
/** So many arguments does one call take. */
const atOnce = 4_096;

/** `list` as it travels. Counts up to 2^29, which is more than a string can have characters. */
export function spellList(list: readonly number[]): readonly number[] | string {
  if (list.length < textFrom) return list;
  let text = '';
  for (let start = 0; start < list.length; start += atOnce) {
    const codes: number[] = [];
    for (const count of list.slice(start, start + atOnce)) {
      const code = count + base;
      if (code < high) codes.push(code);
      else codes.push(high | (code >>> 15), code & (high - 1));
    }
    text += String.fromCharCode(...codes);
  }
  return text;
}

/** The list that `text` spells, or `undefined` where it spells none. */
export function readList(text: string): number[] | undefined {
  const list: number[] = [];
  for (let position = 0; position < text.length; position++) {
    let code = text.charCodeAt(position);
    if (code >= high) {
      const upper = code - high;
      const lower = text.charCodeAt(++position);
      // Also where there is none.
      if (upper === 0 || upper > mostHigh || !(lower < high)) return undefined;
      code = upper * high + lower;
    }
    if (code < base) return undefined;
    list.push(code - base);
  }
  return list;
}
