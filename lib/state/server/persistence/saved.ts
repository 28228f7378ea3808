/**
 * The form of the text that state is saved in, and its spelling. Knows no map, and not where the text is kept.
 *
 * Lines of JSON. The first one says what it is and how many follow, so that a text that was cut off is found out; each of
 * the others holds a part of a map, or of the retained values. Where a key stands in several lines, the last one counts; a
 * key alone holds nothing. Values are in it as their text, so that they come back as they were, and times are by the clock
 * on the wall.
 */
import type { EncodedValue } from '../../../protocol/value.js';
import type { Entry } from '../maps/map.js';

/** What the text is of, in its first line. */
export const savedKind = 'clustercast state';

/** Another number for each change that an older reader would misunderstand. */
export const savedForm = 1;

export interface SavedState {
  /** No version that the state has had is higher. */
  readonly version: number;
  readonly maps: ReadonlyMap<string, ReadonlyMap<string, Entry>>;
  /** By the name of the event. */
  readonly retained: ReadonlyMap<string, EncodedValue>;
}

/** What both clocks say at one moment. */
export interface Moment {
  /** `Date.now()`: goes on while nothing runs. */
  readonly wall: number;
  /** `performance.now()` */
  readonly run: number;
}

export function moment(): Moment {
  return { wall: Date.now(), run: performance.now() };
}

/** The whole text, of which `lines` are the parts. */
export function spellState(version: number, lines: readonly string[]): string {
  const header = JSON.stringify({ kind: savedKind, form: savedForm, version, lines: lines.length });
  return [header, ...lines, ''].join('\n');
}

/** A part of a map, whose entries are spelled already. */
export function spellMap(name: string, entries: readonly string[]): string {
  return `["map",${JSON.stringify(name)},[${entries.join(',')}]]`;
}

/** A part of the retained values. */
export function spellRetained(values: readonly string[]): string {
  return `["retained",[${values.join(',')}]]`;
}

export function spellEntry(key: string, entry: Entry | undefined, { wall, run }: Moment): string {
  if (entry === undefined) return `[${JSON.stringify(key)}]`;
  const { version, value, expiresAt } = entry;
  const until = expiresAt === undefined ? '' : `,${spellTime(wall + expiresAt - run)}`;
  return `[${JSON.stringify(key)},${version},${JSON.stringify(value)}${until}]`;
}

/** The longest `ttl` leads beyond what a number holds exactly. */
function spellTime(time: number): string {
  return String(Math.min(Number.MAX_SAFE_INTEGER, Math.max(0, Math.ceil(time))));
}

export function spellValue(event: string, value: EncodedValue | undefined): string {
  const text = value === undefined ? '' : `,${JSON.stringify(value)}`;
  return `[${JSON.stringify(event)}${text}]`;
}
