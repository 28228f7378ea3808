/** Reads the text that state was saved in: whole, or not at all. What it says is looked at before it is believed. */
import { PubSubError } from '../../../errors.js';
import { eventNameProblem, reservedPrefix } from '../../../protocol/event-name.js';
import { isCount, isObject } from '../../../protocol/guards.js';
import type { Limits } from '../../../protocol/limits.js';
import { decodeValue, type EncodedValue } from '../../../protocol/value.js';
import type { Entry } from '../maps/map.js';
import { moment, savedForm, savedKind, type Moment, type SavedState } from './saved.js';

/** A higher one is none of ours: numbers soon have holes. */
const maxVersion = 2 ** 53 - 2 ** 40;

/**
 * What a text says, without what has expired meanwhile.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for anything but a whole text that was saved; `ERR_PUBSUB_LIMIT` where
 * it holds more than `limits` allow.
 */
export function readState(text: unknown, limits: Limits, at: Moment = moment()): SavedState {
  if (typeof text !== 'string') throw nonsense(`it is no string, but of type ${typeof text}`);
  const [header = '', ...lines] = text.split('\n');
  const reader = new Reader(readHeader(header, lines), at);
  for (const [position, line] of lines.entries()) {
    if (position < lines.length - 1 && !reader.take(decodeValue(line))) {
      throw nonsense(`its line ${position + 2} is not what is saved`);
    }
  }
  const state = reader.end();
  checkLimits(state, limits);
  return state;
}

/** @returns the highest version. */
function readHeader(header: string, lines: readonly string[]): number {
  const parsed = decodeValue(header);
  if (!isObject(parsed) || parsed['kind'] !== savedKind)
    throw nonsense('it does not begin as such a text does');
  const { form, version, lines: count } = parsed;
  if (form !== savedForm)
    throw nonsense(`it is of form ${String(form)}, and this version reads ${savedForm}`);
  if (!isCount(version) || version > maxVersion) throw nonsense('its version is none');
  // The last line ends, too: nothing comes after that.
  if (lines.length - 1 !== count || lines.at(-1) !== '')
    throw nonsense('its end is missing, or too much of it is there');
  return version;
}

class Reader {
  readonly #version: number;
  readonly #at: Moment;
  readonly #maps = new Map<string, Map<string, Entry>>();
  readonly #retained = new Map<string, EncodedValue>();

  constructor(version: number, at: Moment) {
    this.#version = version;
    this.#at = at;
  }

  /** @returns whether it is a part of a state. */
  take(part: unknown): boolean {
    if (!Array.isArray(part)) return false;
    const [kind, ...rest] = part as readonly unknown[];
    if (kind === 'map' && rest.length === 2) return this.#takeMap(rest[0], rest[1]);
    if (kind !== 'retained' || rest.length !== 1) return false;
    return isList(rest[0]) && rest[0].every((each) => this.#takeValue(each));
  }

  end(): SavedState {
    for (const [name, { size }] of this.#maps) if (size === 0) this.#maps.delete(name);
    return { version: this.#version, maps: this.#maps, retained: this.#retained };
  }

  #takeMap(name: unknown, entries: unknown): boolean {
    if (!isName(name) || !isList(entries)) return false;
    const map = this.#maps.get(name) ?? new Map<string, Entry>();
    this.#maps.set(name, map);
    return entries.every((each) => this.#takeEntry(map, each));
  }

  #takeEntry(map: Map<string, Entry>, each: unknown): boolean {
    if (!isList(each) || each.length > 4) return false;
    const [key, version, value, until] = each;
    if (typeof key !== 'string' || !key.isWellFormed()) return false;
    map.delete(key);
    if (each.length === 1) return true;
    if (!isCount(version) || version === 0 || version > this.#version || !isValue(value)) return false;
    if (each.length === 3) {
      map.set(key, { version, value, expiresAt: undefined });
      return true;
    }
    if (!isCount(until)) return false;
    const { wall, run } = this.#at;
    if (until > wall) map.set(key, { version, value, expiresAt: run + until - wall });
    return true;
  }

  #takeValue(each: unknown): boolean {
    if (!isList(each) || each.length > 2) return false;
    const [event, value] = each;
    if (!isName(event) || event.startsWith(reservedPrefix)) return false;
    this.#retained.delete(event);
    if (each.length === 1) return true;
    if (!isValue(value)) return false;
    this.#retained.set(event, value);
    return true;
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** How long it may be is looked at with the other limits. */
function isName(value: unknown): value is string {
  return eventNameProblem(value, Infinity) === undefined;
}

/** The text of a value, in one line, as those that servers hold are. */
function isValue(value: unknown): value is EncodedValue {
  return typeof value === 'string' && !/[\n\r]/.test(value) && decodeValue(value) !== undefined;
}

/** @throws PubSubError `ERR_PUBSUB_LIMIT` */
function checkLimits({ maps, retained }: SavedState, limits: Limits): void {
  const check = (limit: keyof Limits, found: number): void => {
    if (found <= limits[limit]) return;
    const message = `the state that was loaded exceeds the limit of ${limits[limit]} (${limit}): ${found}`;
    throw new PubSubError('ERR_PUBSUB_LIMIT', message);
  };
  check('maps', maps.size);
  for (const [name, entries] of maps) {
    check('eventNameLength', name.length);
    check('mapEntries', entries.size);
    let length = 0;
    for (const [key, { value }] of entries) {
      check('keyLength', key.length);
      check('valueLength', value.length);
      length += key.length + value.length;
    }
    check('mapLength', length);
  }
  check('retainedValues', retained.size);
  let length = 0;
  for (const [event, value] of retained) {
    check('eventNameLength', event.length);
    check('valueLength', value.length);
    length += event.length + value.length;
  }
  check('retainedLength', length);
}

function nonsense(problem: string): PubSubError {
  return new PubSubError(
    'ERR_PUBSUB_INVALID_ARGUMENT',
    `what was loaded is no state that was saved: ${problem}`,
  );
}
