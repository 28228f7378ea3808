/** The server of a stage, with two methods of its own that put a case in charge of what is hard to time. */
import { Server, type Adapter } from 'clustercast';
import { oneEvent } from '#lib/protocol/columns.js';
import type { StageOptions } from './stage.js';

/** Stands for another client, which publishes at the very moment that it is told to. */
class Injector implements Adapter {
  readonly name = 'injector';
  readonly isTrusted = true;
  inject: (event: string, value: string) => void = () => undefined;

  start(host: Parameters<Adapter['start']>[0]): void {
    const channel = { send: () => undefined, close: () => undefined };
    const accepted = host.accept(channel, { label: 'injector', clientId: undefined });
    this.inject = (event, value) => {
      accepted.receive([{ kind: 'publishes', first: 1, columns: oneEvent(event, value) }]);
    };
  }

  close(): void {
    // It holds nothing.
  }
}

/**
 * Methods: `test::burst` publishes the numbers from 0 to `count` - 1 as `event_name` before it is answered;
 * `test::block` holds the server's event loop for `ms` milliseconds.
 */
export function stageServer(adapter: Adapter, { clients = [], limits = {} }: StageOptions): Server {
  const injector = new Injector();
  const server = new Server([adapter, injector], { limits });
  for (const client of clients) server.registerClient(client);
  server.addMethod('test::burst', (_caller, _identity, { event_name: event, count }) => {
    for (let i = 0; i < Number(count); i++) injector.inject(String(event), String(i));
    return {};
  });
  server.addMethod('test::block', (_caller, _identity, { ms }) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
    return {};
  });
  return server;
}
