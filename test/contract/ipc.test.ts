/** The contract over IPC: a worker plays the cases, this primary is the stage's server. */
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IpcAdapter, type Server } from 'clustercast';
import { deferred } from '#lib/client/deferred.js';
import { control, towardsWorker, type Control } from '../support/control.js';
import { within } from '../support/until.js';
import type { StageOptions } from './stage.js';
import { stageServer } from './stage-server.js';
import { contract } from './suite.js';

const exec = fileURLToPath(new URL('../fixtures/contract-worker.js', import.meta.url));

for (const serialization of ['advanced', 'json'] as const) {
  for (const isPlain of [false, true]) {
    describe(`contract on ipc, ${serialization}${isPlain ? ', without capabilities' : ''}`, () => {
      let worker: Worker;
      let remote: Control;
      let server: Server;

      before(async () => {
        cluster.setupPrimary({ exec, serialization, execArgv: [] });
        worker = cluster.fork({ PLAIN: isPlain ? '1' : '0' });
        const ready = deferred<void>();
        remote = control(towardsWorker(worker), {
          ready: () => ready.resolve(),
          open: async (options: StageOptions) => {
            server = stageServer(new IpcAdapter(), options);
            if (options.startsLate !== true) await server.start();
          },
          start: () => server.start(),
          stats: () => server.stats(),
          close: () => server.close(),
        });
        await within(ready.promise, 'the worker is ready');
      });

      after(async () => {
        worker.kill();
        await once(worker, 'exit');
      });

      for (const { name } of contract) it(name, async () => void (await remote('play', name)));
    });
  }
}
