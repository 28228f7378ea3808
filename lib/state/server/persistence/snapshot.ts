/**
 * The text of a state, spelled part by part, so that no turn is held up, while the state goes on changing. What is touched
 * meanwhile is spelled again at the end: so the text is that of one moment, the last one.
 */
import type { EncodedValue } from '../../../protocol/value.js';
import type { AuthorityMap } from '../maps/map.js';
import { moment, spellEntry, spellMap, spellRetained, spellState, spellValue } from './saved.js';

/** So long is what one turn spells, in characters: a part ends with the entry that makes it so long. */
export const partLength: number = 64 * 1024;

/** What is saved, as it is held. */
export interface HeldState {
  readonly maps: ReadonlyMap<string, AuthorityMap>;
  /** By the name of the event. */
  readonly retained: ReadonlyMap<string, EncodedValue>;
  /** No version of them is higher. */
  readonly version: () => number;
}

export class Snapshot {
  readonly #held: HeldState;
  /** Of each map. */
  readonly #lines = new Map<string, string[]>();
  readonly #retainedLines: string[] = [];
  /** Keys of each map. */
  readonly #touched = new Map<string, Set<string>>();
  readonly #touchedEvents = new Set<string>();
  readonly #parts: Generator<void, void>;

  constructor(held: HeldState) {
    this.#held = held;
    this.#parts = this.#spellParts();
  }

  /** A key of a map was changed, or all of them where there is none. */
  touchMap(name: string, key: string | undefined): void {
    if (key === undefined) {
      this.#lines.delete(name);
      this.#touched.delete(name);
      return;
    }
    const keys = this.#touched.get(name) ?? new Set<string>();
    this.#touched.set(name, keys.add(key));
  }

  touchRetained(event: string): void {
    this.#touchedEvents.add(event);
  }

  /** Spells the next part. @returns whether there was one. */
  next(): boolean {
    return this.#parts.next().done !== true;
  }

  /** The text of the state as it is now, all parts having been spelled. */
  end(): string {
    const { maps, retained, version } = this.#held;
    const at = moment();
    for (const [name, keys] of this.#touched) {
      const map = maps.get(name);
      this.#addLine(
        name,
        spellMap(
          name,
          [...keys].map((key) => spellEntry(key, map?.get(key), at)),
        ),
      );
    }
    const events = [...this.#touchedEvents].map((event) => spellValue(event, retained.get(event)));
    if (events.length > 0) this.#retainedLines.push(spellRetained(events));
    return spellState(version(), [...this.#lines.values(), this.#retainedLines].flat());
  }

  *#spellParts(): Generator<void, void> {
    const { maps, retained } = this.#held;
    let at = moment();
    for (const name of [...maps.keys()]) {
      const map = maps.get(name);
      if (map === undefined) continue;
      for (const part of inParts(map.entries(), map.size, ([key, entry]) => spellEntry(key, entry, at))) {
        this.#addLine(name, spellMap(name, part));
        yield;
        at = moment();
      }
    }
    for (const part of inParts(retained, retained.size, ([event, value]) => spellValue(event, value))) {
      this.#retainedLines.push(spellRetained(part));
      yield;
    }
  }

  #addLine(name: string, line: string): void {
    const lines = this.#lines.get(name) ?? [];
    lines.push(line);
    this.#lines.set(name, lines);
  }
}

/** The first `count` of what is held, spelled. What comes behind them is new, and touched. */
function* inParts<T>(
  held: Iterable<T>,
  count: number,
  spell: (each: T) => string,
): Generator<string[], void> {
  let part: string[] = [];
  let length = 0;
  let left = count;
  for (const each of held) {
    const text = spell(each);
    part.push(text);
    length += text.length;
    left -= 1;
    if (length >= partLength) {
      yield part;
      part = [];
      length = 0;
    }
    if (left === 0) break;
  }
  if (part.length > 0) yield part;
}
