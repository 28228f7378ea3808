/**
 * `connectWorker()`: a client in a worker of `node:cluster`.
 */
import type { ClientOptions } from '../client/api.js';
import { PubSubError } from '../errors.js';
import { IpcConnector } from '../ipc/connector.js';
import { resolveLimits, type Limits } from '../protocol/limits.js';
import type { StateTypes } from '../state/client/api.js';
import type { CacheClient } from '../state/client/caches/api.js';
import { CachingClient } from '../state/client/caching-client.js';
import { place } from './place.js';

export interface WorkerOptions extends ClientOptions {
  /**
   * The id of a client that the primary has registered, whose rights this one gets; it is refused if it is
   * unknown. Without it the client has every right.
   */
  readonly clientId?: string;
  /** What differs from `defaultLimits`. */
  readonly limits?: Partial<Limits>;
}

/**
 * Connects this worker to the server in its primary. Returns at once; what is called before the link is open
 * is queued, in order, so it does not matter which side starts first. May be called more than once: each
 * client is one of its own.
 *
 * @example
 * ```ts
 * const client = connectWorker<{ 'user::logged_in': { id: string } }>();
 * await client.subscribe('user::logged_in', (user) => sessions.add(user.id));
 * await client.publish('user::logged_in', { id: 'u1' });
 * ```
 *
 * @throws PubSubError `ERR_PUBSUB_WRONG_PROCESS` in the primary or in a worker thread;
 * `ERR_PUBSUB_INVALID_ARGUMENT` for bad options.
 */
export function connectWorker<Events = Record<string, unknown>, State extends StateTypes = StateTypes>(
  options: WorkerOptions = {},
): CacheClient<Events, State> {
  const here = place();
  if (here !== 'worker') throw new PubSubError('ERR_PUBSUB_WRONG_PROCESS', wrongPlace[here]);
  const { clientId, ...clientOptions } = options;
  const connector = new IpcConnector({ clientId, limits: resolveLimits(options.limits) });
  return new CachingClient(connector, clientOptions) as unknown as CacheClient<Events, State>;
}

const wrongPlace = {
  primary:
    'connectWorker() was called in a process that is no worker of node:cluster; ' +
    'here, use (await startPrimary()).connect()',
  thread:
    'connectWorker() was called in a worker thread, which has no IPC channel; ' +
    'call it in the main thread of a worker of node:cluster and pass on what the thread needs',
} as const;
