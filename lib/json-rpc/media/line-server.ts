/**
 * A server of stream sockets as a source of pipes, for TCP and Unix sockets.
 */
import { createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import { debugLog } from '../../debug.js';
import { LineSocket } from './line-socket.js';
import type { TextHost } from '../text-channel.js';

const log = debugLog('json-rpc');

/** What is known of a socket that connects. */
export interface LinePeer {
  readonly label: string;
  readonly address: string | undefined;
}

export class LineServer {
  readonly #server: Server;

  constructor(host: TextHost, peerOf: (socket: Socket) => LinePeer) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      const peer = peerOf(socket);
      const refusal = host.refusal(peer.address);
      if (refusal !== undefined) {
        host.turnedAway(refusal);
        log('refused to connect %s: %s', peer.label, refusal);
        socket.on('error', () => undefined);
        socket.destroy();
        return;
      }
      const channel = new LineSocket(socket, host.limits.frameTime);
      channel.handlers = host.accept(channel, peer);
    });
  }

  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' ? address?.port : undefined;
  }

  listen(options: ListenOptions): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      // Exclusive: in a worker of node:cluster the socket would otherwise be the primary's, and shared.
      this.#server.listen({ ...options, exclusive: true }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => log('cannot accept: %s', error.message));
        resolve();
      });
    });
  }

  /** Resolves when the last socket has ended. */
  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
