/** The contract over JSON-RPC, on each of the ready-made media. */
import { describe, it } from 'node:test';
import type { Client } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient } from 'clustercast/json-rpc';
import { media, type ByHand, type Medium } from '../support/media.js';
import { playOn } from './play.js';
import type { Raw, Stage, StageOptions } from './stage.js';
import { stageServer } from './stage-server.js';
import { contract } from './suite.js';

for (const [name, openMedium] of Object.entries(media)) {
  describe(`contract on ${name}`, () => {
    for (const { name: title, run } of contract) {
      it(title, () => playOn(async (options) => jsonRpcStage(await openMedium(), options), run));
    }
  });
}

async function jsonRpcStage(
  medium: Medium,
  options: StageOptions = {},
): Promise<Stage & { close(): Promise<void> }> {
  const server = stageServer(new JsonRpcAdapter(medium.source(), { isTrusted: true }), options);
  const clients: Client[] = [];
  const raws: ByHand[] = [];
  if (options.startsLate !== true) await server.start();
  return {
    connect: ({ clientId = null, ...clientOptions } = {}) => {
      const client = new JsonRpcClient(clientId, medium.dialer(), clientOptions);
      clients.push(client);
      return client;
    },
    raw: async () => {
      const byHand = await medium.byHand();
      raws.push(byHand);
      return rawOver(byHand);
    },
    start: () => server.start(),
    stats: () => Promise.resolve(server.stats()),
    closeServer: () => server.close(),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      for (const raw of raws) raw.close();
      await server.close();
      await medium.end();
    },
  };
}

/**
 * Says the documented messages as JSON-RPC: as notifications with the rest of the message folded into the parameters
 * or, where these are nothing that could be folded into, as requests.
 */
async function rawOver(byHand: ByHand): Promise<Raw> {
  byHand.send(JSON.stringify({ jsonrpc: '2.0', id: 'hello', method: 'hello', params: {} }));
  await byHand.next();
  return {
    send: (message) => byHand.send(JSON.stringify(fold(message))),
    next: async () => unfold(JSON.parse(await byHand.next()) as Reply),
  };
}

function fold(message: unknown): unknown {
  if (!isObject(message)) return message;
  const { request_id, client_id, method, params = {} } = message;
  return isObject(params)
    ? { jsonrpc: '2.0', method, params: { request_id, client_id, ...params } }
    : { jsonrpc: '2.0', id: request_id, method, params };
}

interface Reply {
  readonly id?: string | null;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string; readonly data: { readonly code: string } };
}

function unfold({ id, method, params, error }: Reply): unknown {
  if (method === 'event') return [params?.['event_name'], params?.['value']];
  if (error !== undefined) {
    const { message, data } = error;
    return { status: false, request_id: id ?? '', code: data.code, error_message: message };
  }
  const { status, request_id, result, error_message, code } = params ?? {};
  return status === true ? { status, request_id, result } : { status, request_id, code, error_message };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
