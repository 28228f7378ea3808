/** Who may do what with maps and caches: a registered client what it was registered for, a trusted one anything. */
import { PubSubError } from '../../errors.js';
import { isObject } from '../../protocol/guards.js';
import type { ClientInfo } from '../../server/access.js';

/** `'write'` includes `'read'`. */
export type Right = 'read' | 'write';

/** A client that is known before the server starts, and its rights to the state that the server holds. */
export interface StateClientInfo extends ClientInfo {
  /** By the name of the map. Default: none. */
  readonly maps?: Readonly<Record<string, Right>>;
  /** By the name of the cache: to `'read'` is to hold one, to `'write'` is to invalidate, too. Default: none. */
  readonly caches?: Readonly<Record<string, Right>>;
}

/** What rights are granted to by name. */
type Kind = 'maps' | 'caches';

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` where the rights of `client` are none. */
export function checkRights(client: StateClientInfo): void {
  for (const kind of ['maps', 'caches'] as const) {
    const rights: unknown = client[kind];
    if (rights === undefined) continue;
    if (isObject(rights) && Object.values(rights).every((right) => right === 'read' || right === 'write'))
      continue;
    throw new PubSubError(
      'ERR_PUBSUB_INVALID_ARGUMENT',
      `the ${kind} of a client must be an object that holds 'read' or 'write' for each of their names`,
    );
  }
}

/**
 * @param registration of the client; without one it has every right.
 * @throws PubSubError `ERR_PUBSUB_FORBIDDEN`, the same whether there is such a thing or not.
 */
export function assertMay(
  right: Right,
  kind: Kind,
  name: string,
  registration: StateClientInfo | undefined,
): void {
  if (registration === undefined) return;
  const rights = registration[kind] ?? {};
  const granted = Object.hasOwn(rights, name) ? rights[name] : undefined;
  if (granted === 'write' || granted === right) return;
  const what = kind === 'maps' ? 'map' : 'cache';
  throw new PubSubError('ERR_PUBSUB_FORBIDDEN', `this client has no right to ${right} this ${what}`);
}
