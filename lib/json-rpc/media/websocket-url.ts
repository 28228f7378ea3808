/** The address of a WebSocket. */
import { PubSubError } from '../../errors.js';

/**
 * `url` as text without what may be secret in it, for errors and logs.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` unless its scheme is `ws` or `wss`.
 */
export function checkUrl(url: string | URL): { readonly href: string; readonly target: string } {
  const text = String(url);
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (
    parsed === undefined ||
    (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') ||
    parsed.hash !== ''
  ) {
    throw new PubSubError(
      'ERR_PUBSUB_INVALID_ARGUMENT',
      'the address of a WebSocket must be like wss://host/path',
    );
  }
  return { href: parsed.href, target: `${parsed.protocol}//${parsed.host}${parsed.pathname}` };
}
