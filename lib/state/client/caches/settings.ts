/** The options of a cache and the keys that it is given, looked at before they are believed. */
import { checkTimeout } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';
import type { CacheOptions } from './api.js';

const defaultMax = 10_000;
const highestMax = 16_777_216;
/** Of one entry. */
const mostTags = 64;

export interface CacheSettings extends CacheOptions<unknown> {
  readonly max: number;
  readonly loadTimeout: number;
}

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for options that are none. */
export function settingsOf(options: CacheOptions<unknown>, defaultTimeout: number): CacheSettings {
  if (typeof options !== 'object' || options === null)
    throw invalid('the options of a cache must be an object');
  const { load, max = defaultMax, ttl, tags, loadTimeout = defaultTimeout } = options;
  if (load !== undefined && typeof load !== 'function') throw invalid('load must be a function');
  if (tags !== undefined && typeof tags !== 'function') throw invalid('tags must be a function');
  if (!Number.isInteger(max) || max < 1 || max > highestMax) {
    throw invalid(`max must be a whole number from 1 to ${highestMax}`);
  }
  checkTtl(ttl);
  return { load, max, ttl, tags, loadTimeout: checkTimeout(loadTimeout, 'loadTimeout') };
}

export function areSame(one: CacheSettings, other: CacheSettings): boolean {
  return (['load', 'max', 'ttl', 'tags', 'loadTimeout'] as const).every((name) => one[name] === other[name]);
}

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` */
export function checkTtl(ttl: number | undefined): void {
  if (ttl === undefined || (Number.isSafeInteger(ttl) && ttl > 0)) return;
  throw invalid('ttl must be a whole number of milliseconds from 1');
}

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT`, or `ERR_PUBSUB_LIMIT` for a key that is too long. */
export function checkKey(key: unknown, maxLength: number, what: string): asserts key is string {
  if (typeof key !== 'string' || !key.isWellFormed()) throw invalid(`${what} must be a well-formed string`);
  if (key.length <= maxLength) return;
  throw new PubSubError(
    'ERR_PUBSUB_LIMIT',
    `${what} of ${key.length} characters exceeds the limit of ${maxLength} (keyLength)`,
  );
}

/** One name or several, each a key or a tag. @throws PubSubError as {@link checkKey}. */
export function readNames(names: unknown, maxLength: number, what: string): readonly string[] {
  const list: unknown = typeof names === 'string' ? [names] : names;
  if (!Array.isArray(list)) throw invalid(`${what} must be a string, several an array of them`);
  return list.map((name: unknown) => {
    checkKey(name, maxLength, what);
    return name;
  });
}

/** Those of one entry. @throws PubSubError as {@link checkKey}; `ERR_PUBSUB_LIMIT` for too many. */
export function readTags(tags: unknown, maxLength: number): readonly string[] {
  const names = readNames(tags, maxLength, 'a tag');
  if (names.length <= mostTags) return names;
  throw new PubSubError('ERR_PUBSUB_LIMIT', `an entry can have ${mostTags} tags, and not ${names.length}`);
}

function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
