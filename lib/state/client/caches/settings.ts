/** The options of a cache and the names that it is given, looked at before they are believed. */
import { checkTimeout } from '../../../client/timeout.js';
import { PubSubError } from '../../../errors.js';
import { invalid, readKey, readTtl } from '../../given.js';
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
  return { load, max, ttl: readTtl(ttl), tags, loadTimeout: checkTimeout(loadTimeout, 'loadTimeout') };
}

export function areSame(one: CacheSettings, other: CacheSettings): boolean {
  return (['load', 'max', 'ttl', 'tags', 'loadTimeout'] as const).every((name) => one[name] === other[name]);
}

/** One name or several, each a key or a tag. @throws PubSubError as {@link readKey}. */
export function readNames(names: unknown, maxLength: number, what: string): readonly string[] {
  const list: unknown = typeof names === 'string' ? [names] : names;
  if (!Array.isArray(list)) throw invalid(`${what} must be a string, several an array of them`);
  return list.map((name: unknown) => readKey(name, maxLength, what));
}

/** Those of one entry. @throws PubSubError as {@link readKey}; `ERR_PUBSUB_LIMIT` for too many. */
export function readTags(tags: unknown, maxLength: number): readonly string[] {
  const names = readNames(tags, maxLength, 'a tag');
  if (names.length <= mostTags) return names;
  throw new PubSubError('ERR_PUBSUB_LIMIT', `an entry can have ${mostTags} tags, and not ${names.length}`);
}
