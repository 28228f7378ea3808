/** The parameters of the wing's methods, looked at before they are believed. Each throws `ERR_PUBSUB_INVALID_ARGUMENT`. */
import { PubSubError } from '../../errors.js';
import { eventNameProblem } from '../../protocol/event-name.js';
import { isCount } from '../../protocol/guards.js';
import { isDeeperThan } from '../../protocol/json-depth.js';
import type { Params } from '../../protocol/messages.js';
import { checkValueLength, encodeValue, type EncodedValue } from '../../protocol/value.js';
import { invalid, readKey } from '../given.js';

/** The name of a map: what an event's may be. */
export function readName(name: unknown, what: string, maxLength: number): string {
  if (eventNameProblem(name, maxLength) === undefined) return name as string;
  throw invalid(`${what} must be a well-formed string of 1 to ${maxLength} characters`);
}

/** Keys, or none. @throws PubSubError also `ERR_PUBSUB_LIMIT` for one that is too long. */
export function readKeys(keys: unknown, maxLength: number): readonly string[] {
  if (keys === undefined) return [];
  if (!Array.isArray(keys)) throw invalid('keys and tags must be arrays of strings');
  return keys.map((key) => readKey(key, maxLength));
}

/**
 * A value's text is looked at before it is parsed, as the frames of those who are not trusted are.
 *
 * @throws PubSubError `ERR_PUBSUB_LIMIT`
 */
export function checkDepth({ json }: Params, maxDepth: number): void {
  if (typeof json !== 'string' || !isDeeperThan(maxDepth, json)) return;
  throw new PubSubError('ERR_PUBSUB_LIMIT', `the value exceeds the limit of ${maxDepth} levels (jsonDepth)`);
}

/**
 * A value: as its JSON text in `json`, or as it is in `value`.
 *
 * @throws PubSubError also `ERR_PUBSUB_SERIALIZE` for a text that is no JSON, `ERR_PUBSUB_LIMIT` for one that is too long.
 */
export function readValue({ json, value }: Params, maxLength: number): EncodedValue {
  if (json === undefined) {
    if (value === undefined) throw invalid('value is missing');
    return encodeValue(value, maxLength);
  }
  if (typeof json !== 'string') throw invalid('json must be the text of a value');
  checkValueLength(json, maxLength);
  let parsed: unknown;
  try {
    parsed = JSON.parse(json) as unknown;
  } catch (cause) {
    throw new PubSubError('ERR_PUBSUB_SERIALIZE', 'json must be the text of a value', { cause });
  }
  // A line must remain one, and half a character what it is on every way to whoever reads it.
  if (json.isWellFormed() && !/[\n\r]/.test(json)) return json;
  return encodeValue(parsed, maxLength);
}

export function readVersion(version: unknown): number | undefined {
  if (version === undefined || isCount(version)) return version;
  throw invalid('a version must be a whole number from 0');
}
