/**
 * What an event name may be: any well-formed string from 1 code unit up to a limit. Names have no structure;
 * `__proto__` is a name like any other. Those that begin with {@link reservedPrefix} are for the server's own events.
 */
import { PubSubError } from '../errors.js';

/** Begins the names of events that only a server publishes, to those whom one of its wings has subscribed. */
export const reservedPrefix = '$clustercast/';

/** What is wrong with `name`, or `undefined` for a valid one. Never throws, and never repeats the name. */
export function eventNameProblem(name: unknown, maxLength: number): string | undefined {
  if (typeof name !== 'string') return 'the event name must be a string';
  if (name.length === 0) return 'the event name must not be empty';
  if (name.length > maxLength) {
    return `the event name's ${name.length} characters exceed the limit of ${maxLength} (eventNameLength)`;
  }
  // A lone surrogate would not survive UTF-8: two different names would become one on the other side.
  if (!name.isWellFormed()) return 'the event name is not well-formed Unicode';
  return undefined;
}

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` unless `name` is a valid event name. */
export function checkEventName(name: unknown, maxLength: number): asserts name is string {
  const problem = eventNameProblem(name, maxLength);
  if (problem !== undefined) throw new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', problem);
}
