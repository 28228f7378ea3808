/**
 * Values as they travel: JSON text, encoded once by the publisher and parsed once by each receiver.
 * Nothing between the two looks inside.
 */
import { PubSubError } from '../errors.js';

/** The JSON text of one value. */
export type EncodedValue = string;

/**
 * The JSON text of `value`, by the rules of `JSON.stringify`; `undefined` becomes `null`.
 *
 * @throws PubSubError `ERR_PUBSUB_SERIALIZE` for a BigInt, a cycle, a function, a symbol, or whatever a
 * `toJSON` throws; `ERR_PUBSUB_LIMIT` for a text longer than `maxLength`.
 */
export function encodeValue(value: unknown, maxLength: number): EncodedValue {
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new PubSubError('ERR_PUBSUB_SERIALIZE', `a ${typeof value} cannot be encoded as JSON`);
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(value) as string | undefined;
  } catch (cause) {
    throw new PubSubError('ERR_PUBSUB_SERIALIZE', `the value cannot be encoded as JSON: ${reason(cause)}`, {
      cause,
    });
  }
  // What a toJSON() made of it may be undefined as well.
  if (text === undefined) return 'null';
  checkValueLength(text, maxLength);
  return text;
}

/** @throws PubSubError `ERR_PUBSUB_LIMIT` for a text longer than `maxLength`. */
export function checkValueLength(text: EncodedValue, maxLength: number): void {
  if (text.length <= maxLength) return;
  throw new PubSubError(
    'ERR_PUBSUB_LIMIT',
    `the value's JSON text of ${text.length} characters exceeds the limit of ${maxLength} (valueLength)`,
  );
}

/** What `text` says, or `undefined` where it is no JSON. */
export function decodeValue(text: EncodedValue): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function reason(cause: unknown): string {
  // A toJSON() may throw anything, also what has no text.
  const message: unknown = cause instanceof Error ? cause.message : undefined;
  if (typeof message !== 'string') return `it threw a ${typeof cause}`;
  // V8's text about a cycle runs over several lines, the first of which says it all.
  return message.split('\n', 1)[0] ?? '';
}
