/** Whatever may come where a message is expected: values of all kinds, often under the names that messages use. */
import type fc from 'fast-check';
import { bytes, Tape } from './tape.js';

const scalars = [
  ...[undefined, null, true, false, 0, 1, 2, -1, -0, 0.5, NaN, Infinity, 2 ** 31, 2 ** 53, 5e-324],
  ...['', '1', 'a', '[1]', '2.0', 'publish', 'event', '\ud800', '\n', '{"a":1}', 'x'.repeat(300)],
] as const;

/** The names of fields, and those that objects have anyway. */
const keys = [
  ...['clustercast', 'port', 'id', 'hello', 'welcome', 'message', 'batch', 'bye', 'ack', 'ping'],
  ...['publish', 'events', 'published', 'refused', 'gap', 'reason', 'counts'],
  ...['names', 'index', 'values', 'lengths', 'first', 'count', 'listeners'],
  ...['request_id', 'client_id', 'method', 'params', 'status', 'result', 'code', 'error_message'],
  ...['jsonrpc', 'error', 'data', 'event_name', 'value', 'subscription_id'],
  ...['0', 'length', 'constructor', '__proto__', 'toString', 'then'],
] as const;

/** What structured cloning carries, and what nobody should. */
const strange: readonly (() => unknown)[] = [
  () => new Map([['names', ['a']]]),
  () => new Set([1]),
  () => new Date(NaN),
  () => 10n,
  () => new Uint8Array(3),
  () => new Error('an error'),
  () => /a/,
  () => Array<unknown>(2),
  () => Object.create(null) as unknown,
  () => new String('a'),
  () => Symbol('s'),
  () => () => 1,
];

export const nonsense: fc.Arbitrary<unknown> = bytes(24).map((tape) => drawNonsense(new Tape(tape)));

export function drawNonsense(tape: Tape, depth = 3): unknown {
  const kind = depth === 0 ? 0 : tape.below(8);
  if (kind <= 2) return tape.pick(scalars);
  if (kind === 3) return tape.pick(strange)();
  if (kind === 4) return Array.from({ length: tape.below(4) }, () => drawNonsense(tape, depth - 1));
  const made = {};
  for (let count = tape.below(5); count > 0; count--)
    put(made, tape.pick(keys), drawNonsense(tape, depth - 1));
  return made;
}

/** Where that is possible, and also where the key is `__proto__`, as whatever reads messages from a wire puts it. */
export function put(holder: object, key: string, value: unknown): void {
  Reflect.defineProperty(holder, key, { value, configurable: true, enumerable: true, writable: true });
}
