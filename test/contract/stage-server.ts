/** The server of a stage, with two methods of its own that put a case in charge of what is hard to time. */
import { Server, type Adapter } from 'clustercast';
import { Injector } from '../support/injector.js';
import type { StageOptions } from './stage.js';

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
