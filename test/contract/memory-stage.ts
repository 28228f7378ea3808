/** The stage of the memory transport. */
import {
  MemoryAdapter,
  defaultLimits,
  type Adapter,
  type AdapterHost,
  type Client,
  type Server,
} from 'clustercast';
import { readRequest, spellServerMessage } from '#lib/protocol/documented.js';
import { channelPair } from '#lib/memory/pair.js';
import type { ClientMessage, ServerMessage } from '#lib/protocol/messages.js';
import type { Raw, Stage, StageOptions } from './stage.js';
import { stageServer } from './stage-server.js';
import { Mailbox } from '../support/mailbox.js';

export async function memoryStage(options: StageOptions = {}): Promise<Stage & { close(): Promise<void> }> {
  const memory = new MemoryAdapter();
  let host: AdapterHost | undefined;
  const adapter: Adapter = {
    name: 'memory',
    isTrusted: true,
    start: (server) => {
      host = server;
      memory.start(server);
    },
    close: () => memory.close(),
  };
  const server: Server = stageServer(adapter, options);
  const clients: Client[] = [];
  if (options.startsLate !== true) await server.start();
  return {
    connect: (clientOptions) => {
      const client = memory.connect(clientOptions);
      clients.push(client);
      return client;
    },
    raw: () => Promise.resolve(rawOver(host as AdapterHost)),
    start: () => server.start(),
    stats: () => Promise.resolve(server.stats()),
    closeServer: () => server.close(),
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
    },
  };
}

/** The memory transport spells nothing, so this spells for it. */
function rawOver(host: AdapterHost): Raw {
  const [end, serverEnd] = channelPair<ClientMessage, ServerMessage>();
  const mailbox = new Mailbox();
  end.handlers = {
    receive: (messages) => messages.flatMap(spellServerMessage).forEach((message) => mailbox.put(message)),
    closed: () => undefined,
  };
  serverEnd.handlers = host.accept(serverEnd, { label: 'raw', clientId: undefined });
  return {
    send: (message) => end.send([readRequest(message, defaultLimits)]),
    next: () => mailbox.take(),
  };
}
