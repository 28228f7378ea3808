/**
 * The Redis server that both of its clients are measured with.
 */
import type { ServerCommand } from '../harness/servers.js';

export const redisServer: ServerCommand = {
  command: 'redis-server',
  install: 'apt-get install redis-server',
  listensOn: 'socket',
  argumentsFor: (path) => [
    ...['--port', '0', '--unixsocket', path],
    ...['--save', '', '--appendonly', 'no'],
    // It would disconnect a subscriber that a fast publisher leaves far behind.
    ...['--client-output-buffer-limit', 'pubsub 0 0 0'],
  ],
};
