/**
 * What `examples/rolling-restart` promises: while its workers are replaced, no request, no publish and no state is
 * lost. That its processes have all ended is in `ended()`, which waits for the last of them.
 */
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { startExample, type Example } from '../support/example.js';
import { answerTo, KeptConnection, Load, type Answer } from '../support/keep-alive.js';
import { until, within } from '../support/until.js';

const main = 'build/examples/rolling-restart/main.js';

/** Of a roll. */
const ends = 'all workers are replaced';

// Most of the time each waits for processes to start.
describe('examples/rolling-restart', { timeout: 120_000, concurrency: 2 }, () => {
  it('answers every request, keeps every change, and fills every new worker, under load', async () => {
    await serving({ WORKERS: '2', KEEP_ALIVE: '30' }, async ({ example, port, signal }) => {
      // Enough to fetch that a worker which takes requests without it is seen to do so.
      const seeds = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => [name, name.repeat(1_000_000)] as const);
      for (const [name, value] of seeds) await askOnce(port, 'PUT', `/flags/${name}`, value);
      await askOnce(port, 'PUT', '/flags/first', 'on');

      const load = new Load(port, ['first', 'on']);
      signal('SIGHUP');
      await example.output(/^all workers are replaced$/m);
      signal('SIGHUP');
      await example.output(/^all workers are replaced$[^]*^all workers are replaced$/m);
      await load.stop();
      assert.deepEqual(load.failures, []);

      assert.ok(load.workers.size > 2, 'the load was over before the workers were replaced');

      const expected = new Map<string, string>([...seeds, ['first', 'on'], ...load.written]);
      let asked = 0;
      await until(async () => {
        const all = new Map<number, Flags>();
        while (all.size < 2) {
          asked += 1;
          const { worker, body } = await askOnce(port, 'GET', '/flags');
          all.set(worker, body as Flags);
        }
        const [one = {}, other = {}] = all.values();
        // What two set at once is one of both, the same everywhere.
        return (
          isDeepStrictEqual(one, other) &&
          Object.keys(one).length === expected.size + load.written.size &&
          [...expected].every(([name, value]) => one[name] === value)
        );
      }, 'every worker has all flags, and the same');

      signal('SIGTERM');
      const { code, stdout, stderr } = await example.ended();
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      const lines = stdout.replaceAll(/ \(pid \d+\)| port \d+/g, '').split('\n');
      const rolls = [...replaced(1), ...replaced(2), ends, ...replaced(3), ...replaced(4), ends];
      assert.deepEqual(lines.slice(3, 17), rolls);
      // The workers' last words are all there, and nothing was published twice.
      const requests = seeds.length + 1 + load.requests + asked;
      const changes = seeds.length + 1 + load.written.size * 3;
      assert.equal(lines.at(-2), `${requests} requests were answered, ${changes} flags set`);
    });
  });

  it('answers on connections that a worker has when it is to end, and ends them by that', async () => {
    await serving({ WORKERS: '1', KEEP_ALIVE: '30' }, async ({ example, port, pid }) => {
      const idle = new KeptConnection(port);
      const busy = new KeptConnection(port);
      assert.equal((await idle.ask('PUT', '/flags/before', 'on')).connection, 'keep-alive');
      const unfinished = busy.begin('PUT', '/flags/meanwhile', { expect: '100-continue' });
      const answer = answerTo(unfinished);
      unfinished.flushHeaders();
      await once(unfinished, 'continue'); // the worker has begun with it

      process.kill(await pid(1), 'SIGTERM');
      await example.output(/^worker 1 takes no more connections$/m);
      unfinished.end('on');
      for (const { status, worker, connection } of [await answer, await idle.ask('GET', '/flags/before')]) {
        assert.deepEqual({ status, worker, connection }, { status: 200, worker: 1, connection: 'close' });
      }
      await example.output(/^worker 1 has ended$/m);
      const next = await idle.ask('GET', '/flags');
      assert.deepEqual(
        [next.worker, next.connection, next.body],
        [2, 'keep-alive', { before: 'on', meanwhile: 'on' }],
      );
      idle.close();
      busy.close();
    });
  });

  it('ends connections on which nothing comes when their time is over', async () => {
    await serving({ WORKERS: '1', KEEP_ALIVE: '1' }, async ({ example, port, signal }) => {
      const silent = await connected(port);
      const idle = await connected(port);
      const ended = [silent, idle].map((socket) => once(socket, 'close'));
      silent.resume();
      idle.write('GET /flags HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await once(idle, 'data');
      idle.resume();
      signal('SIGHUP');
      await example.output(/^all workers are replaced$/m);
      await within(Promise.all(ended), 'the end of both');
      signal('SIGTERM');
      const { code, stderr } = await example.ended();
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    });
  });

  it('kills a worker that does not end by the deadline', async () => {
    await serving({ WORKERS: '1', END_TIME: '500' }, async ({ example, port, signal }) => {
      const unfinished = new KeptConnection(port).begin('PUT', '/flags/x', { expect: '100-continue' });
      const answer = answerTo(unfinished);
      unfinished.flushHeaders();
      await once(unfinished, 'continue');
      signal('SIGHUP');
      await assert.rejects(answer, { code: 'ECONNRESET' });
      await example.output(/^worker 1 has ended\nall workers are replaced$/m);
      assert.equal((await askOnce(port, 'GET', '/flags')).worker, 2);
      signal('SIGTERM');
      const { code, stderr } = await example.ended();
      assert.match(stderr, /^worker 1 takes too long to end, and is killed\n/);
      assert.equal(code, 0);
    });
  });

  it('ends with 0 where all its processes are told to end at once, in the middle of a roll', async () => {
    await serving(
      { WORKERS: '2' },
      async ({ example, signal }) => {
        signal('SIGHUP');
        example.signalAll('SIGTERM');
        const { code, signal: killedBy } = await example.ended();
        assert.deepEqual({ code, killedBy }, { code: 0, killedBy: null });
      },
      ['scripts/run.js', 'examples', 'rolling-restart'],
    );
  });

  it('replaces a worker that dies, and fills the new one', async () => {
    await serving({ WORKERS: '1' }, async ({ example, port, pid }) => {
      await askOnce(port, 'PUT', '/flags/kept', 'on');
      process.kill(await pid(1), 'SIGKILL');
      await pid(2);
      // Nobody held the free port meanwhile.
      const [, nextPort] = await example.output(/^worker 2 .* port (\d+)$/m);
      assert.deepEqual((await askOnce(Number(nextPort), 'GET', '/flags')).body, { kept: 'on' });
    });
  });

  it('keeps its workers where the new version does not start, and takes the one that does', async () => {
    const root = fileURLToPath(new URL('../../../', import.meta.url));
    const folder = await mkdtemp(join(root, 'build', 'rolling-restart-'));
    try {
      await cp(join(root, 'build/examples/rolling-restart'), folder, { recursive: true });
      const file = join(folder, 'worker.js');
      const good = await readFile(file, 'utf8');
      await serving(
        { WORKERS: '1' },
        async ({ example, port, signal }) => {
          await writeFile(file, `console.log('broken'); process.exit(7);`);
          signal('SIGHUP');
          await example.output(/^broken$/m);
          assert.equal((await askOnce(port, 'GET', '/flags')).worker, 1);
          await writeFile(file, good);
          signal('SIGHUP');
          await example.output(/^all workers are replaced$/m);
          assert.equal((await askOnce(port, 'GET', '/flags')).worker, 3);
          signal('SIGTERM');
          const { code, stderr } = await example.ended();
          assert.deepEqual({ code, stderr }, { code: 0, stderr: 'Error: worker 2 ended before it served\n' });
        },
        [join(folder, 'main.js')],
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

type Flags = Readonly<Record<string, string>>;

interface Service {
  readonly example: Example;
  readonly port: number;
  /** To the primary alone. */
  readonly signal: (name: NodeJS.Signals) => void;
  /** Of a worker, once it serves. */
  readonly pid: (worker: number) => Promise<number>;
}

async function serving(
  env: Readonly<Record<string, string>>,
  use: (service: Service) => Promise<void>,
  args: readonly string[] = [main],
): Promise<void> {
  const example = startExample(args, { PORT: '0', START_TIME: '60000', END_TIME: '60000', ...env });
  try {
    await example.output(/^primary \d+ has its/m);
    const [, port] = await example.output(/ serves port (\d+)$/m);
    await use({
      example,
      port: Number(port),
      signal: (name) => process.kill(example.pid, name),
      pid: async (worker) =>
        Number((await example.output(new RegExp(`^worker ${worker} \\(pid (\\d+)\\) serves`, 'm')))[1]),
    });
  } finally {
    await example.dispose();
  }
}

/** What is said in turn while one of two workers is replaced. */
function replaced(worker: number): string[] {
  return [
    `worker ${worker + 2} serves`,
    `worker ${worker} takes no more connections`,
    `worker ${worker} has ended`,
  ];
}

/** On a connection of its own. */
async function askOnce(port: number, method: 'GET' | 'PUT', path: string, body = ''): Promise<Answer> {
  const answer = await new KeptConnection(port, false).ask(method, path, body);
  assert.equal(answer.status, 200);
  return answer;
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}
