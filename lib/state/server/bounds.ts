/** Who goes beyond a limit is told so, and counted. */
import { PubSubError } from '../../errors.js';
import type { Limits } from '../../protocol/limits.js';
import type { WingHost } from '../../server/wing.js';

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
