/**
 * The `ws` package, which only those need who use WebSockets: loaded then.
 */
import type * as Ws from 'ws';
import { PubSubError } from '../../errors.js';

/** @throws PubSubError `ERR_PUBSUB_UNSUPPORTED` where it is not installed. */
export async function loadWs(): Promise<typeof Ws> {
  try {
    return await import('ws');
  } catch (cause) {
    throw new PubSubError(
      'ERR_PUBSUB_UNSUPPORTED',
      'WebSockets need the package ws, which is not installed: npm install ws',
      { cause },
    );
  }
}

/** What is to be said of a message that is no text: that it is no JSON. */
export const noText = '\u{fffd}';
