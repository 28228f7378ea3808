/**
 * What comes from outside, over HTTP or from the live page, is looked at here before it is believed.
 */
import { HttpError } from './http.js';
import type { Product } from './state.js';

/** @throws HttpError 400 */
export function checkProduct(body: unknown): Product {
  const { name, price } = checkObject(body);
  if (typeof name !== 'string' || name.length === 0 || name.length > 200) {
    throw new HttpError(400, 'name must be a string of 1 to 200 characters');
  }
  // JSON has no Infinity, but 1e999 is read as one.
  if (typeof price !== 'number' || price < 0 || !Number.isFinite(price))
    throw new HttpError(400, 'price must be a number from 0 up');
  return { name, price };
}

/** @throws HttpError 400 */
export function checkFlag(body: unknown): boolean {
  const { on } = checkObject(body);
  if (typeof on !== 'boolean') throw new HttpError(400, 'on must be true or false');
  return on;
}

/**
 * The id of a product or the name of a flag.
 *
 * @throws HttpError 400
 */
export function checkKey(key: unknown): string {
  if (typeof key !== 'string' || !/^[\w-]{1,64}$/.test(key)) {
    throw new HttpError(400, 'an id or a name must be 1 to 64 letters, digits, _ or -');
  }
  return key;
}

function checkObject(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null) throw new HttpError(400, 'the body must be an object');
  return body as Record<string, unknown>;
}
