/**
 * The package as its users get it: packed, installed into an empty project, imported, required and type-checked
 * there.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url)); // of this project, from build/test/package/

/** What `.` promises to export at run time, at the least. */
const names = ['startPrimary', 'connectWorker', 'Server', 'PubSubError'];

describe('the packed package', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clustercast-pack-'));
  const project = join(folder, 'project');
  const installed = join(project, 'node_modules', 'clustercast');

  before(() => {
    mkdirSync(project);
    write('package.json', '{ "name": "project", "private": true }');
    npm(root, 'pack', '--ignore-scripts', '--pack-destination', folder);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'));
    assert.ok(tarball);
    npm(project, 'install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, tarball));
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it('brings its dependencies, theirs, and nothing else', () => {
    const packages = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
    assert.deepEqual(packages.toSorted(), ['clustercast', 'debug', 'json-rpc-2.0', 'lru-cache', 'ms']);
  });

  it('has the sources that its source maps point to, and no build state', () => {
    const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    const maps = files.filter((name) => name.endsWith('.map'));
    assert.ok(
      maps.some((name) => name.endsWith('.js.map')) && maps.some((name) => name.endsWith('.d.ts.map')),
    );
    for (const name of maps) {
      const path = join(installed, 'dist', name);
      const { sources } = JSON.parse(readFileSync(path, 'utf8')) as { sources: string[] };
      for (const source of sources)
        assert.ok(existsSync(resolve(dirname(path), source)), `${name}: ${source}`);
    }
    assert.deepEqual(
      files.filter((name) => name.endsWith('.tsbuildinfo')),
      [],
    );
  });

  it('can be imported', () => {
    write('import.mjs', `import * as all from 'clustercast'; console.log(JSON.stringify(Object.keys(all)));`);
    assertHasNames(JSON.parse(node('import.mjs')));
  });

  it('can be required', () => {
    write('require.cjs', `console.log(JSON.stringify(Object.keys(require('clustercast'))));`);
    assertHasNames(JSON.parse(node('require.cjs')));
  });

  it('has JSON-RPC beside it, which needs ws for WebSockets only, and says so', () => {
    write(
      'remote.mjs',
      `import { Server } from 'clustercast';
      import { JsonRpcAdapter, JsonRpcClient, tcp, webSocket } from 'clustercast/json-rpc';
      const source = tcp.listen({ port: 0 });
      const server = new Server([new JsonRpcAdapter(source, { isTrusted: true })]);
      await server.start();
      const client = new JsonRpcClient(null, tcp.connect({ port: source.port }));
      console.log(JSON.stringify(await client.publish('e', 1)));
      await client.close();
      await server.close();
      const other = new Server([new JsonRpcAdapter(webSocket.listen({ port: 0 }), { isTrusted: true })]);
      await other.start().catch(({ code, message }) => console.log(code, message));`,
    );
    assert.deepEqual(node('remote.mjs').trim().split('\n'), [
      '{"listeners":0}',
      'ERR_PUBSUB_UNSUPPORTED WebSockets need the package ws, which is not installed: npm install ws',
    ]);
  });

  it('has simulated clusters beside it', () => {
    write(
      'simulated.mjs',
      `import { SimulatedCluster } from 'clustercast/testing';
      const cluster = new SimulatedCluster();
      await cluster.start();
      await cluster.fork().connect().subscribe('e', (value) => console.log(value));
      console.log(await cluster.connect().publish('e', 'hello'));
      await cluster.settled();
      await cluster.close();`,
    );
    assert.equal(node('simulated.mjs'), '{ listeners: 1 }\nhello\n');
  });

  it('has a module for browsers that imports nothing', () => {
    write(
      'browser.mjs',
      `import * as all from 'clustercast/browser';
      console.log(import.meta.resolve('clustercast/browser').split('/dist/')[1], Object.keys(all).sort().join());`,
    );
    assert.equal(node('browser.mjs').trim(), 'browser/clustercast.js JsonRpcClient,PubSubError,webSocket');
  });

  it('does not let anybody reach its inside', () => {
    write(
      'inside.mjs',
      `import('clustercast/dist/index.js').then(() => console.log('in'), (error) => console.log(error.code));`,
    );
    assert.equal(node('inside.mjs').trim(), 'ERR_PACKAGE_PATH_NOT_EXPORTED');
  });

  it('loads no module but its own and those of dependencies that it needs at once', () => {
    write('load.mjs', `import 'clustercast';`);
    const coverage = join(folder, 'coverage');
    // V8 lists every script that it ran, however it was loaded; that needs no hook, in any version of Node.js.
    node('load.mjs', { NODE_V8_COVERAGE: coverage });
    const scripts = readdirSync(coverage).flatMap((name) => {
      const { result } = JSON.parse(readFileSync(join(coverage, name), 'utf8')) as {
        result: { url: string }[];
      };
      return result.map(({ url }) => url).filter((url) => url.startsWith('file:'));
    });
    const packages = new Set(
      scripts.map(
        (url) => /.*\/node_modules\/(?<name>(?:@[^/]+\/)?[^/]+)\//.exec(url)?.groups?.['name'] ?? url,
      ),
    );
    const own = scripts.find((url) => url.endsWith('/load.mjs'));
    assert.ok(own);
    packages.delete(own);
    assert.deepEqual([...packages].toSorted(), ['clustercast', 'debug', 'lru-cache', 'ms']);
  });

  it('has types for ESM and for require(), which need no types of a dependency', () => {
    // The types of Node.js are the user's own; everything else that the declarations use must come with them.
    mkdirSync(join(project, 'node_modules', '@types'));
    symlinkSync(
      join(root, 'node_modules/@types/node'),
      join(project, 'node_modules/@types/node'),
      'junction',
    );
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    };
    write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['use.mts', 'use.cts'] }));
    write('use.mts', `import * as clustercast from 'clustercast';\n${program}\n${remoteProgram}`);
    write('use.cts', `import clustercast = require('clustercast');\n${program}`);
    node(join(root, 'node_modules/typescript/bin/tsc'));
  });

  function write(name: string, text: string): void {
    writeFileSync(join(project, name), text);
  }

  /** Runs a program in the project; it must end well and say nothing to stderr, no warning either. */
  function node(path: string, env: Readonly<Record<string, string>> = {}): string {
    const { stdout, stderr } = run(process.execPath, [path], project, env);
    assert.equal(stderr, '');
    return stdout;
  }
});

const program = `
type Events = { 'user::logged_in': { id: string } };

export async function primary(): Promise<void> {
  const primary = await clustercast.startPrimary();
  const server: clustercast.Server = primary.server;
  void server;
  await primary.close();
}

export async function worker(): Promise<number> {
  const client = clustercast.connectWorker<Events>();
  await client.subscribe('user::logged_in', (user) => user.id.toUpperCase());
  // @ts-expect-error: not an event
  await client.subscribe('user::logged_out', () => {});
  // @ts-expect-error: not its value
  await client.publish('user::logged_in', { id: 1 });
  const { listeners } = await client.publish('user::logged_in', { id: 'u1' });
  return listeners;
}

export function isGone(error: unknown): boolean {
  return error instanceof clustercast.PubSubError && error.code === 'ERR_PUBSUB_CLOSED';
}
`;

/** The other entry points. */
const remoteProgram = `
import { JsonRpcAdapter, JsonRpcClient, tcp, unix, webSocket } from 'clustercast/json-rpc';
import * as browser from 'clustercast/browser';
import { SimulatedCluster, type SimulatedWorker } from 'clustercast/testing';

export const adapters: clustercast.Adapter[] = [
  new JsonRpcAdapter(tcp.listen({ port: 0 })),
  new JsonRpcAdapter(unix.listen({ path: 'a' }), { isTrusted: true }),
  new JsonRpcAdapter(webSocket.listen({ port: 0, origins: [] })),
];

export async function simulated(): Promise<void> {
  const cluster = new SimulatedCluster({ overflow: 'gap', schedule: (task) => queueMicrotask(task) });
  const worker: SimulatedWorker = cluster.fork();
  await worker.connect<Events>().publish('user::logged_in', { id: 'u1' });
  // @ts-expect-error: not its value
  await cluster.connect<Events>().publish('user::logged_in', { id: 1 });
  await cluster.close();
}

export async function remote(): Promise<void> {
  const client: clustercast.Client<Events> = new JsonRpcClient<Events>('id', tcp.connect({ port: 1 }));
  await client.publish('user::logged_in', { id: 'u1' });
  const page = new browser.JsonRpcClient<Events>(null, browser.webSocket.connect('ws://a'));
  // @ts-expect-error: not its value
  await page.publish('user::logged_in', { id: 1 });
}
`;

function assertHasNames(exported: unknown): void {
  assert.ok(Array.isArray(exported));
  for (const name of names) assert.ok(exported.includes(name), `${name} is not exported`);
}

function npm(cwd: string, ...args: string[]): void {
  // `npm test` says where npm is; running it with this very node keeps the version that is being tested.
  const script = process.env['npm_execpath'];
  const [command, first] = script === undefined ? ['npm', []] : [process.execPath, [script]];
  run(command, [...first, ...args, '--loglevel=error'], cwd);
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): { stdout: string; stderr: string } {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'utf8',
  });
  if (error !== undefined) throw error;
  assert.equal(status, 0, `${command} ${args.join(' ')} in ${cwd} failed:\n${stdout}${stderr}`);
  return { stdout, stderr };
}
