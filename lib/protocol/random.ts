/**
 * Random ids. `crypto.getRandomValues` is there in Node, in browsers, and on pages served over plain HTTP,
 * where `crypto.randomUUID` is missing.
 */

/** 128 random bits as 32 hex digits. */
export function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
