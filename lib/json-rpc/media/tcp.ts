/**
 * TCP: one JSON text a line. Not encrypted: for the loopback interface and networks where nobody listens in.
 */
import { connect as netConnect } from 'node:net';
import { PubSubError } from '../../errors.js';
import { countedAddress } from './address.js';
import { LineServer } from './line-server.js';
import { dialSocket } from './line-dialer.js';
import type { TextDialer, TextSource } from '../text-channel.js';

export interface TcpOptions {
  /** To listen at: 0 for any that is free. */
  readonly port: number;
  /** Default `'127.0.0.1'`: this machine only. */
  readonly host?: string;
}

export interface TcpSource extends TextSource {
  /** At which it listens; `undefined` while it does not. */
  readonly port: number | undefined;
}

const loopback = '127.0.0.1';

/**
 * Where a server listens for TCP connections.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for what is no port or no host.
 */
export function listen(options: TcpOptions): TcpSource {
  const { port, host } = check(options);
  let server: LineServer | undefined;
  return {
    name: 'tcp',
    get port() {
      return server?.port;
    },
    start: (textHost) => {
      server = new LineServer(textHost, ({ remoteAddress, remotePort }) => ({
        label: `tcp ${remoteAddress ?? 'unknown'}:${remotePort ?? 0}`,
        address: countedAddress(remoteAddress),
      }));
      return server.listen({ port, host });
    },
    close: () => server?.close(),
  };
}

/**
 * How a client connects by TCP.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for what is no port or no host.
 */
export function connect(options: TcpOptions): TextDialer {
  const { port, host } = check(options);
  return {
    target: `tcp ${host}:${port}`,
    open: (handlers, { frameTime }) => dialSocket(netConnect({ port, host }), handlers, frameTime),
  };
}

function check({ port, host = loopback }: TcpOptions): Required<TcpOptions> {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new PubSubError(
      'ERR_PUBSUB_INVALID_ARGUMENT',
      `port must be an integer from 0 to 65535, not ${String(port)}`,
    );
  }
  if (typeof host !== 'string' || host === '') {
    throw new PubSubError(
      'ERR_PUBSUB_INVALID_ARGUMENT',
      'host must be the name or the address of an interface',
    );
  }
  return { port, host };
}
