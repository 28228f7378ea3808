/**
 * NATS (core, without JetStream): each worker has a connection to a server on the loopback interface.
 */
import type { Pubsub } from './contestant.js';

export const nats: Pubsub = {
  name: 'nats',
  description:
    'NATS over loopback TCP, core publish and subscribe, through @nats-io/transport-node; publishes are not answered',
  answers: 'nothing',
  package: '@nats-io/transport-node',
  server: {
    command: 'nats-server',
    install: 'apt-get install nats-server',
    listensOn: 'port',
    argumentsFor: (address) => ['--addr', '127.0.0.1', '--port', address.slice(address.indexOf(':') + 1)],
  },

  startPrimary: () => Promise.resolve(),

  async connectWorker(servers) {
    const { connect } = await import('@nats-io/transport-node');
    const connection = await connect({ servers, noEcho: true });
    return {
      async subscribe(event, receive) {
        connection.subscribe(event, {
          callback(error, message) {
            if (error !== null) throw error;
            receive(message.string());
          },
        });
        // The answer to this comes after the server has seen the subscription.
        await connection.flush();
      },
      publish(event, value, answered) {
        connection.publish(event, value);
        answered(0);
      },
    };
  },
};
