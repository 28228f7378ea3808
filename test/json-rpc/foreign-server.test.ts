/** `JsonRpcClient` at a server that is none of ours: one that behaves as Dart's does. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import type { Client, Gap, PubSubError } from 'clustercast';
import { JsonRpcClient, tcp, webSocket, type TextDialer } from 'clustercast/json-rpc';
import { WebSocketServer } from 'ws';
import { until } from '../support/until.js';
import { BelatukServer } from './belatuk-server.js';

const id = 'dashboard-0123456789';
const clients = { [id]: {}, reader: { canPublish: false }, writer: { canSubscribe: false } };

interface Place {
  readonly dialer: () => TextDialer;
  /** Cuts every connection. */
  readonly cut: () => void;
  readonly close: () => Promise<void>;
}

/** Where such a server listens. */
const places: Readonly<Record<string, (server: BelatukServer) => Promise<Place>>> = {
  tcp: async (server) => {
    const sockets = new Set<Socket>();
    const listener = createServer((socket) => {
      const hear = server.serve((text) => void socket.write(`${text}\n`));
      let rest = '';
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) hear(line);
      });
    }).listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const cut = (): void => sockets.forEach((socket) => socket.destroy());
    return {
      dialer: () => tcp.connect({ port }),
      cut,
      close: async () => {
        cut();
        listener.close();
        await once(listener, 'close');
      },
    };
  },
  webSocket: async (server) => {
    const listener = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    listener.on('connection', (peer) => {
      const hear = server.serve((text) => peer.send(text));
      peer.on('error', () => undefined).on('message', (data: Buffer) => hear(data.toString()));
    });
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    const cut = (): void => listener.clients.forEach((peer) => peer.terminate());
    return {
      dialer: () => webSocket.connect(`ws://127.0.0.1:${port}/`),
      cut,
      close: async () => {
        cut();
        listener.close();
        await once(listener, 'close');
      },
    };
  },
};

interface Stage {
  readonly server: BelatukServer;
  readonly client: (id: string | null) => Client;
  readonly cut: () => void;
}

async function onStage(
  open: (server: BelatukServer) => Promise<Place>,
  options: ConstructorParameters<typeof BelatukServer>[0],
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const server = new BelatukServer(options);
  const { dialer, cut, close } = await open(server);
  const opened: Client[] = [];
  const client = (clientId: string | null): Client => {
    const connected = new JsonRpcClient(clientId, dialer());
    opened.push(connected);
    return connected;
  };
  try {
    await play({ server, client, cut });
  } finally {
    await Promise.all(opened.map((connected) => connected.close()));
    await close();
  }
}

for (const [name, open] of Object.entries(places)) {
  describe(`a server like Dart's, on ${name}`, () => {
    it('is told who asks in each request, and does all that a server may', () =>
      onStage(open, { clients: { ...clients, other: {} } }, async ({ server, client }) => {
        const [one, two] = [client(id), client('other')];
        const errors: unknown[] = [];
        for (const each of [one, two]) each.on('error', (error) => errors.push(error));
        await one.ready;
        assert.equal(one.clientId, id);
        const received: unknown[] = [];
        const subscription = await one.subscribe('e', (value) => received.push(value));
        assert.equal(subscription.id, [...server.subscriptions][0]?.id);
        const values = [{ n: [1, null] }, null, false, '"}}', ''];
        for (const value of values) assert.deepEqual(await two.publish('e', value), { listeners: 1 });
        await until(() => received.length === values.length, 'all values');
        assert.deepEqual(received, values);
        assert.deepEqual(await one.publish('e', 'its own'), { listeners: 0 });

        await subscription.unsubscribe();
        assert.equal(server.subscriptions.size, 0);
        assert.deepEqual(await two.publish('e', 'too late'), { listeners: 0 });
        assert.deepEqual(received, values);
        assert.deepEqual(errors, []);

        const [hello, ...requests] = server.heard.filter(({ params }) => params['client_id'] === id);
        assert.deepEqual([hello?.method, hello?.id], ['hello', 'hello']);
        assert.deepEqual(
          requests.map(({ method, params }) => [method, typeof params['request_id']]),
          [
            ['subscribe', 'string'],
            ['publish', 'string'],
            ['unsubscribe', 'string'],
          ],
        );
        // One that knows no hello is not asked for signs of life either.
        assert.ok(server.heard.every(({ method }) => method !== 'ping'));
        assert.ok(server.heard.every(({ params }) => typeof params['client_id'] === 'string'));
      }));

    it('refuses by a text alone, which its client passes on', () =>
      onStage(open, { clients }, async ({ client, server }) => {
        const refusals: [client: string | null, asked: (asking: Client) => Promise<unknown>, text: RegExp][] =
          [
            ['reader', (asking) => asking.publish('e', 1), /^You are not allowed to publish events\.$/],
            ['writer', (asking) => asking.subscribe('e'), /^You are not allowed to subscribe to events\.$/],
            ['unknown', (asking) => asking.publish('e', 1), /^Unrecognized client ID/],
            ['unknown', (asking) => asking.subscribe('e'), /^Unrecognized client ID/],
          ];
        for (const [clientId, ask, text] of refusals) {
          await assert.rejects(ask(client(clientId)), (error: PubSubError) => {
            assert.equal(error.code, 'ERR_PUBSUB_PROTOCOL');
            assert.match(error.message, text);
            return true;
          });
        }
        assert.equal(server.subscriptions.size, 0);
      }));

    it('that trusts everybody serves those without an id', () =>
      onStage(open, { isTrusted: true }, async ({ client }) => {
        const [one, two] = [client(null), client(null)];
        const received: unknown[] = [];
        await one.subscribe('e', (value) => received.push(value));
        assert.deepEqual(await two.publish('e', 1), { listeners: 1 });
        await until(() => received.length === 1, 'the value');
        assert.deepEqual(received, [1]);
      }));

    it('that trusts everybody is told from the second request on whom it has made of the first', () =>
      onStage(open, { isTrusted: true }, async ({ server, client }) => {
        const [one, two] = [client(null), client(null)];
        const received: unknown[] = [];
        const subscription = await one.subscribe('e', (value) => received.push(value));
        assert.deepEqual(await one.publish('e', 'its own'), { listeners: 0 });
        assert.deepEqual(await two.publish('e', 'the other'), { listeners: 1 });
        await until(() => received.length === 1, 'the value');
        await subscription.unsubscribe();
        assert.deepEqual(received, ['the other']);
        assert.equal(server.subscriptions.size, 0);
      }));

    it('that trusts everybody makes one client of one that asks for several things at once', () =>
      onStage(open, { isTrusted: true }, async ({ server, client, cut }) => {
        const one = client(null);
        const received: unknown[] = [];
        const names = ['a', 'b', 'c'];
        const subscribeTo = (event: string): ReturnType<Client['subscribe']> =>
          one.subscribe(event, (value) => received.push(value));
        const [subscriptions] = await Promise.all([
          Promise.all(names.map(subscribeTo)),
          one.publish('a', 'its own'),
        ]);
        assert.equal(new Set([...server.subscriptions].map(({ clientId }) => clientId)).size, 1);
        assert.equal(one.clientId, [...server.subscriptions][0]?.clientId);
        // Also on the next link, where they are all restored at once.
        server.subscriptions.clear();
        cut();
        await until(() => server.subscriptions.size === names.length, 'all are restored');
        await Promise.all(names.map((event) => one.publish(event, 'its own')));
        await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
        assert.deepEqual([server.subscriptions.size, received], [0, []]);
      }));

    it('is connected to again: the gap says reconnect, as nothing tells one run of it from another', () =>
      onStage(open, { clients }, async ({ server, client, cut }) => {
        const one = client(id);
        const gaps: Gap[] = [];
        one.on('gap', (gap) => gaps.push(gap));
        const received: unknown[] = [];
        const subscription = await one.subscribe('e', (value) => received.push(value));
        const { id: before } = subscription;
        // It never notices that a client is gone, and so keeps what it was asked for.
        server.subscriptions.clear();
        cut();
        await until(() => gaps.length === 1, 'the gap');
        assert.deepEqual(gaps, [{ reason: 'reconnect', count: undefined, events: undefined }]);
        assert.notEqual(subscription.id, before);
        assert.deepEqual(
          [...server.subscriptions].map((held) => held.id),
          [subscription.id],
        );
        const [held] = server.subscriptions;
        held?.dispatch('after');
        await until(() => received.length === 1, 'the value');
        assert.deepEqual(received, ['after']);
      }));
  });
}
