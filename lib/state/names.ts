/**
 * What both sides of the state wing say to each other: the methods, the server's own events, and the forms of what these
 * carry. See docs/protocol.md, "State".
 */
import { reservedPrefix } from '../protocol/event-name.js';

/** The methods that the wing adds to a server. */
export const methods = {
  attachMap: 'map.attach',
  readMap: 'map.read',
  setInMap: 'map.set',
  deleteFromMap: 'map.delete',
  clearMap: 'map.clear',
  incrementInMap: 'map.increment',
  publishRetained: 'retained.publish',
  subscribeRetained: 'retained.subscribe',
  attachCache: 'cache.attach',
  invalidateInCache: 'cache.invalidate',
  droppedInCache: 'cache.dropped',
} as const;

/** The event of the changes to a map. */
export function mapEvent(name: string): string {
  return `${reservedPrefix}map/${name}`;
}

/** The event of what is to be dropped from a cache. */
export function cacheEvent(name: string): string {
  return `${reservedPrefix}cache/${name}`;
}
