/**
 * Unix sockets: one JSON text a line, between the processes of one machine. Whoever can enter the socket's directory
 * can connect, so nobody else may.
 */
import { connect as netConnect } from 'node:net';
import { PubSubError } from '../../errors.js';
import { dialSocket } from './line-dialer.js';
import { LineServer } from './line-server.js';
import { clearStale, closeToOthers, ensureDirectory, inUse } from './socket-file.js';
import type { TextDialer, TextSource } from '../text-channel.js';

export interface UnixOptions {
  /** Of the socket: at most 103 bytes. */
  readonly path: string;
}

/** What the address of a Unix socket may hold where it holds least, which is macOS; without the closing zero. */
const maxPathBytes = 103;

/**
 * Where a server listens for connections by a Unix socket. Its directory must be closed to everybody else (mode
 * 0700), and is made so where it is not there. A socket that a dead process has left is replaced; the start fails
 * where a living one listens.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a path that is too long; and at the start for a directory that
 * others can enter, for a file that is no socket, and for one that is in use.
 */
export function listen(options: UnixOptions): TextSource {
  const path = check(options);
  let server: LineServer | undefined;
  let peers = 0;
  return {
    name: 'unix',
    start: async (textHost) => {
      await ensureDirectory(path);
      await clearStale(path);
      server = new LineServer(textHost, () => ({ label: `unix client ${++peers}`, address: undefined }));
      await server.listen({ path }).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'EADDRINUSE' ? inUse(path) : error;
      });
      await closeToOthers(path);
    },
    close: () => server?.close(),
  };
}

/**
 * How a client connects by a Unix socket.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for a path that is too long.
 */
export function connect(options: UnixOptions): TextDialer {
  const path = check(options);
  return {
    target: `unix ${path}`,
    open: (handlers, { frameTime }) => dialSocket(netConnect({ path }), handlers, frameTime),
  };
}

function check({ path }: UnixOptions): string {
  if (
    typeof path !== 'string' ||
    path === '' ||
    path.includes('\0') ||
    Buffer.byteLength(path) > maxPathBytes
  ) {
    throw new PubSubError(
      'ERR_PUBSUB_INVALID_ARGUMENT',
      `the path of a Unix socket must be a string of 1 to ${maxPathBytes} bytes`,
    );
  }
  return path;
}
