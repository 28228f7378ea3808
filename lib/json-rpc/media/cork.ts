/**
 * One write for all that a turn says to a socket.
 */
import type { Writable } from 'node:stream';

const corked = new WeakSet<Writable>();

/** To be called before each write: what is written until this turn has done goes out together then. */
export function corkForTurn(socket: Writable): void {
  if (corked.has(socket)) return;
  corked.add(socket);
  socket.cork();
  process.nextTick(() => {
    corked.delete(socket);
    socket.uncork();
  });
}
