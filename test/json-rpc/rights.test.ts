/** The rights matrix on every transport, by the library and by hand: only the allowed cells succeed. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { IpcAdapter, MemoryAdapter, Server } from 'clustercast';
import { endWorkers, forkReady } from '../support/workers.js';
import { DartClient, Refusal } from './dart-client.js';
import { handMedia, onHandStage, type HandStage } from './hand-stage.js';
import {
  registered,
  seatOf,
  tryMatrix,
  withoutPrefix,
  type Answer,
  type OpenSeat,
  type Seat,
} from './rights-matrix.js';
import { openRpc, request, type Fields, type RpcPeer } from './rpc-peer.js';

/** Ways to take a seat. */
const ways: Readonly<Record<string, (stage: HandStage) => OpenSeat>> = {
  'a client of the library': (stage) => (clientId) => Promise.resolve(seatOf(stage.client(clientId))),
  'notifications by hand': (stage) => async (clientId) => {
    const dart = await DartClient.open(stage.pipe, clientId);
    return {
      ask: async (method, params) => {
        try {
          const { params: reply } = await dart.ask(method, params);
          return { outcome: 'ok', result: reply['result'] as Fields };
        } catch (error) {
          if (error instanceof Refusal) return { outcome: withoutPrefix(error.said.params['code']) };
          throw error;
        }
      },
      close: () => Promise.resolve(dart.end()),
    };
  },
  'requests by hand': (stage) => async (clientId) => {
    const peer = await openRpc(stage.pipe);
    return seatBy(peer, (method, params) => ask(peer, method, { client_id: clientId, ...params }));
  },
  'requests by hand, after a hello': (stage) => async (clientId) => {
    const peer = await openRpc(stage.pipe);
    const greeted = await ask(peer, 'hello', { client_id: clientId });
    // Whom the server does not greet it disconnects.
    return seatBy(peer, (method, params) =>
      greeted.outcome === 'ok' ? ask(peer, method, params) : Promise.resolve(greeted),
    );
  },
};

function seatBy(peer: RpcPeer, asking: Seat['ask']): Seat {
  return { ask: asking, close: () => Promise.resolve(peer.end()) };
}

/** Says a request, and passes over events until its answer comes. */
async function ask(peer: RpcPeer, method: string, params: Fields): Promise<Answer> {
  peer.say(request('r', method, params));
  let answer: Fields;
  do answer = (await peer.next()) as Fields;
  while (answer['method'] === 'event');
  assert.equal(answer['id'], 'r');
  const { result, error } = answer as { result?: Fields; error?: { data: { code: string } } };
  if (error !== undefined) return { outcome: withoutPrefix(error.data.code) };
  return result === undefined ? { outcome: 'ok' } : { outcome: 'ok', result };
}

describe('rights over JSON-RPC', () => {
  for (const medium of handMedia) {
    for (const isTrusted of [false, true]) {
      for (const [way, openOn] of Object.entries(ways)) {
        it(`on ${medium}, ${isTrusted ? 'trusted' : 'not trusted'}, by ${way}`, () => {
          const memory = new MemoryAdapter();
          return onHandStage(medium, { isTrusted, clients: registered, beside: [memory] }, (stage) =>
            tryMatrix(stage.server, memory, isTrusted, openOn(stage)),
          );
        });
      }
    }
  }
});

describe('rights within one machine', () => {
  after(endWorkers);

  it('in memory', async () => {
    const memory = new MemoryAdapter();
    const server = serverOf(memory);
    await server.start();
    try {
      await tryMatrix(server, memory, true, (clientId) =>
        Promise.resolve(seatOf(memory.connect(clientId === null ? {} : { clientId }))),
      );
    } finally {
      await server.close();
    }
  });

  for (const how of ['client', 'by hand'] as const) {
    it(`over IPC, ${how === 'client' ? 'by a client of the library' : how}`, async () => {
      const memory = new MemoryAdapter();
      const server = serverOf(memory, new IpcAdapter());
      await server.start();
      try {
        const [worker] = await forkReady(1, 'rights');
        assert.ok(worker !== undefined);
        await tryMatrix(server, memory, true, async (clientId) => {
          const seat = await worker.call('open', how, clientId);
          return {
            ask: async (method, params) => (await worker.call('ask', seat, method, params)) as Answer,
            close: async () => void (await worker.call('close', seat)),
          };
        });
      } finally {
        await endWorkers();
        await server.close();
      }
    });
  }
});

function serverOf(...adapters: (MemoryAdapter | IpcAdapter)[]): Server {
  const server = new Server(adapters);
  for (const client of registered) server.registerClient(client);
  return server;
}
