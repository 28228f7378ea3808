/** Who goes beyond a limit is told so, and counted. */
import { PubSubError } from '../../errors.js';
import type { Limits } from '../../protocol/limits.js';
import type { Params } from '../../protocol/messages.js';
import type { EncodedValue } from '../../protocol/value.js';
import type { WingHost } from '../../server/wing.js';
import { checkDepth, readValue } from './params.js';

type Counting = Pick<WingHost, 'limits' | 'turnedAway'>;

/** Counts where `read` goes beyond a limit. */
export function within<T>(host: Counting, limit: keyof Limits, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if ((error as PubSubError).code === 'ERR_PUBSUB_LIMIT') host.turnedAway(limit);
    throw error;
  }
}

/** The value in `params`, as `readValue` reads it. Counts where it is nested too deeply, or too long. */
export function readCountedValue(host: Counting, params: Params): EncodedValue {
  within(host, 'jsonDepth', () => checkDepth(params, host.limits.jsonDepth));
  return within(host, 'valueLength', () => readValue(params, host.limits.valueLength));
}

/** What is thrown where there is no room in `where` for more of `what`; counts it. */
export function full(
  host: Counting,
  limit: keyof Limits,
  where: 'the server' | 'the map',
  what: string,
): PubSubError {
  host.turnedAway(limit);
  return new PubSubError(
    'ERR_PUBSUB_LIMIT',
    `${where} has reached its limit of ${host.limits[limit]} ${what} (${limit})`,
  );
}
