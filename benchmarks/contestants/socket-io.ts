/**
 * The cluster adapter of socket.io: a socket.io server in each worker, whose events to the other servers the primary
 * passes on over the IPC channel.
 */
import type { Pubsub } from './contestant.js';

export const socketIo: Pubsub = {
  name: 'socket.io',
  description:
    '@socket.io/cluster-adapter: one io.serverSideEmit() per value, without acknowledgement, so that publishes are not answered',
  answers: 'nothing',
  package: '@socket.io/cluster-adapter',

  async startPrimary() {
    const { setupPrimary } = await import('@socket.io/cluster-adapter');
    setupPrimary();
  },

  async connectWorker() {
    const [{ createAdapter }, { Server }] = await Promise.all([
      import('@socket.io/cluster-adapter'),
      import('socket.io'),
    ]);
    const io = new Server({ adapter: createAdapter() });
    return {
      subscribe(event, receive) {
        io.on(event, receive);
        return Promise.resolve();
      },
      publish(event, value, answered) {
        io.serverSideEmit(event, value);
        answered(0);
      },
    };
  },
};
