/**
 * A stream socket that is connecting, as a pipe that opens.
 */
import type { Socket } from 'node:net';
import { LineSocket } from './line-socket.js';
import type { DialHandlers, TextChannel } from '../text-channel.js';

export function dialSocket(socket: Socket, handlers: DialHandlers, frameTime: number): TextChannel {
  const channel = new LineSocket(socket, frameTime);
  channel.handlers = handlers;
  socket.once('connect', () => {
    if (!channel.isOver) handlers.opened();
  });
  return channel;
}
