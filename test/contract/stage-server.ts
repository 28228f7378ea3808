/** The server of a stage, with two methods of its own that put a case in charge of what is hard to time. */
import { Server, type Adapter } from 'clustercast';
import { Injector } from '../support/injector.js';
import type { StageOptions } from './stage.js';

/**
 * Methods: `test::burst` publishes the numbers from 0 to `count` - 1 as `event_name` before it is answered;
 * `test::block` holds the server's event loop for `ms` milliseconds.
 */
export function stageServer(adapter: Adapter, options: StageOptions): Server {
  const server = new Server([adapter], { limits: options.limits ?? {} });
  prepareStage(server, options);
  return server;
}

/** Makes `server`, which has not been started, that of a stage. */
export function prepareStage(server: Server, { clients = [] }: StageOptions): void {
  const injector = new Injector();
  server.addAdapter(injector);
  for (const client of clients) server.registerClient(client);
  server.addMethod('test::burst', (_caller, _identity, { event_name: event, count }) => {
    for (let i = 0; i < Number(count); i++) injector.inject(String(event), String(i));
    return {};
  });
  server.addMethod('test::block', (_caller, _identity, { ms }) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(ms));
    return {};
  });
}
