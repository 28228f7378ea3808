/**
 * Text in a drawing: how wide it will be, roughly, since nobody knows the reader's font, and where it is broken;
 * and figures that are short enough to stand in one.
 */

/** Parts of the font's size; what is not listed is as wide as most letters. */
const widths: readonly (readonly [RegExp, number])[] = [
  [/[ijl.,:;|'!()[\]/ ftr-]/, 0.38],
  [/[mwMW@%]/, 0.92],
  [/[A-Z]/, 0.7],
];
const usual = 0.61;

export interface Lettering {
  readonly size?: number;
  readonly isStrong?: boolean;
}

export function widthOf(text: string, { size = 13, isStrong = false }: Lettering = {}): number {
  const parts = Array.from(text, (letter) => widths.find(([letters]) => letters.test(letter))?.[1] ?? usual);
  return parts.reduce((sum, part) => sum + part, 0) * size * (isStrong ? 1.12 : 1);
}

/** Breaks between words; a word that is too wide alone is broken as well. */
export function wrap(text: string, most: number, lettering: Lettering = {}): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).flatMap((whole) => pieces(whole, most, lettering))) {
    const last = lines.at(-1);
    const longer = `${last ?? ''} ${word}`;
    if (last === undefined || widthOf(longer, lettering) > most) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function pieces(word: string, most: number, lettering: Lettering): string[] {
  const all: string[] = [];
  let piece = '';
  for (const letter of word) {
    if (piece !== '' && widthOf(piece + letter, lettering) > most) {
      all.push(piece);
      piece = '';
    }
    piece += letter;
  }
  return [...all, piece];
}

const units = [
  ['G', 1e9],
  ['M', 1e6],
  ['k', 1e3],
] as const;

/** Three digits at most: 1.94 M, 450 k, 0.12. */
export function short(value: number): string {
  const rounded = Number(value.toPrecision(3));
  const [unit, size] = units.find(([, least]) => Math.abs(rounded) >= least) ?? ['', 1];
  const digits = String(Number((rounded / size).toPrecision(3)));
  return unit === '' ? digits : `${digits}\u00A0${unit}`;
}
