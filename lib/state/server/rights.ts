/** Who may do what with maps: a registered client what it was registered for, a trusted one anything. */
import { PubSubError } from '../../errors.js';
import { isObject } from '../../protocol/guards.js';
import type { ClientInfo } from '../../server/access.js';

/** `'write'` includes `'read'`. */
export type Right = 'read' | 'write';

/** A client that is known before the server starts, and its rights to the state that the server holds. */
export interface StateClientInfo extends ClientInfo {
  /** By the name of the map. Default: none. */
  readonly maps?: Readonly<Record<string, Right>>;
}

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` where the rights of `client` are none. */
export function checkRights(client: StateClientInfo): void {
  const rights: unknown = client.maps;
  if (rights === undefined) return;
  if (isObject(rights) && Object.values(rights).every((right) => right === 'read' || right === 'write'))
    return;
  throw new PubSubError(
    'ERR_PUBSUB_INVALID_ARGUMENT',
    "the maps of a client must be an object that holds 'read' or 'write' for each of their names",
  );
}

/**
 * @param registration of the client; without one it has every right.
 * @throws PubSubError `ERR_PUBSUB_FORBIDDEN`, the same whether there is such a map or not.
 */
export function assertMay(right: Right, name: string, registration: StateClientInfo | undefined): void {
  if (registration === undefined) return;
  const { maps: rights = {} } = registration;
  const granted = Object.hasOwn(rights, name) ? rights[name] : undefined;
  if (granted === 'write' || granted === right) return;
  throw new PubSubError('ERR_PUBSUB_FORBIDDEN', `this client has no right to ${right} this map`);
}
