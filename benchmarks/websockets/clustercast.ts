/**
 * Clustercast as its users use it: `startPrimary()` with an adapter for WebSockets, the publisher in the primary.
 */
import { startPrimary } from 'clustercast';
import { JsonRpcAdapter, webSocket } from 'clustercast/json-rpc';
import type { Broadcaster } from './broadcaster.js';
import { clientId, event } from './wire.js';

export const clustercast: Broadcaster = {
  name: 'clustercast',
  description: 'startPrimary() with a JsonRpcAdapter, one awaited publish() per value in the primary',

  async start(connections) {
    const source = webSocket.listen({ port: 0 });
    const primary = await startPrimary({
      clients: [{ id: clientId, canPublish: false }],
      adapters: [new JsonRpcAdapter(source)],
      limits: { connectionsPerAddress: connections },
    });
    const client = primary.connect<Record<string, string>>();
    client.on('error', (error) => {
      throw error;
    });
    await client.ready;
    return {
      port: source.port as number,
      async publish(values) {
        const answers = await Promise.all(values.map((value) => client.publish(event, value)));
        for (const { listeners } of answers) {
          if (listeners !== connections)
            throw new Error(`an answer told ${listeners} listeners instead of ${connections}`);
        }
      },
    };
  },
};
