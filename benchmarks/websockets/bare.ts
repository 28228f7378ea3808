/**
 * The floor: the loop that people write over the clients of a `ws` server. The text of an event is made once. No ids, no
 * rights, no names of events, no limits, and nothing that notices a peer that is gone or does not read.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { Broadcaster } from './broadcaster.js';
import { eventText, subscribedText } from './wire.js';

export const bareString = bare(
  'ws, string',
  'for (const client of server.clients) client.send(text)',
  (text) => text,
);
export const bareBuffer = bare(
  'ws, buffer',
  'the same with a Buffer that is made once, and { binary: false }',
  (text) => Buffer.from(text),
);

function bare(name: string, description: string, prepare: (text: string) => string | Buffer): Broadcaster {
  return {
    name,
    description,
    async start(connections) {
      const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false });
      server.on('connection', (client) => {
        client.once('message', () => client.send(subscribedText));
      });
      await once(server, 'listening');
      return {
        port: (server.address() as AddressInfo).port,
        publish(values) {
          const { clients } = server;
          if (clients.size !== connections)
            throw new Error(`${clients.size} connections instead of ${connections}`);
          for (const value of values) {
            const message = prepare(eventText(value));
            for (const client of clients) client.send(message, { binary: false });
          }
          return Promise.resolve();
        },
      };
    },
  };
}
