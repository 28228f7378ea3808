/** What both sides look at before they believe it, by the same rules. */
import { PubSubError } from '../errors.js';
import { isCount } from '../protocol/guards.js';

/**
 * A key, or a tag, as `what` says.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT`, or `ERR_PUBSUB_LIMIT` for one that is too long.
 */
export function readKey(key: unknown, maxLength: number, what = 'a key'): string {
  if (typeof key !== 'string' || !key.isWellFormed()) throw invalid(`${what} must be a well-formed string`);
  if (key.length <= maxLength) return key;
  throw new PubSubError(
    'ERR_PUBSUB_LIMIT',
    `${what} of ${key.length} characters exceeds the limit of ${maxLength} (keyLength)`,
  );
}

/** A number of milliseconds, or none. @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` */
export function readTtl(ttl: unknown): number | undefined {
  if (ttl === undefined || (isCount(ttl) && ttl > 0)) return ttl;
  throw invalid('ttl must be a whole number of milliseconds from 1');
}

export function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
