/** The modules for pages as files: what they weigh, and that they bring all that they need. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import type { Limits } from 'clustercast';
import { bundle, stateBundle } from './site.js';

describe('the browser bundle', () => {
  it('is under 10,000 bytes with gzip -9', () => {
    const { length } = gzipSync(bundle, { level: 9 });
    assert.ok(length < 10_000, `it has ${length} bytes`);
  });

  it('exports what a page needs, and nothing else', async () => {
    const { exports } = (await read(bundle)).output;
    assert.deepEqual(exports.toSorted(), ['JsonRpcClient', 'PubSubError', 'webSocket']);
  });

  it('imports nothing', async () => {
    assert.deepEqual((await read(bundle)).output.imports, []);
  });

  it('has the limits of a client, and none that only servers keep', () => {
    assert.ok(has('outboxMessages') && has('serverFrameBytes') && has('jsonDepth'));
    for (const limit of [
      'connections',
      'requestsPerSecond',
      'outputBytes',
      'windowLength',
      'closeTime',
    ] as const) {
      assert.ok(!has(limit), limit);
    }
  });

  it('knows no global of Node.js', async () => {
    assert.deepEqual((await read(bundle)).globals, []);
  });
});

describe('the browser bundle that holds state', () => {
  it('is under 15,000 bytes with gzip -9', () => {
    const { length } = gzipSync(stateBundle, { level: 9 });
    assert.ok(length < 15_000, `it has ${length} bytes`);
  });

  it('exports what a page needs, imports nothing, and knows no global of Node.js', async () => {
    const { output, globals } = await read(stateBundle);
    assert.deepEqual(output.exports.toSorted(), [
      'ConflictError',
      'JsonRpcClient',
      'PubSubError',
      'webSocket',
    ]);
    assert.deepEqual([output.imports, globals], [[], []]);
  });
});

describe('the check of the browser bundle', () => {
  it('finds every kind of import', async () => {
    for (const source of [
      `import 'a';`,
      `import { b } from 'a'; console.log(b);`,
      `export * from 'a';`,
      `await import('a');`,
      `require('a');`,
    ]) {
      assert.equal((await read(source)).output.imports.length, 1, source);
    }
  });

  it('finds a global of Node.js, guarded or not, and nothing else of that name', async () => {
    assert.deepEqual((await read('process.nextTick(f); Buffer.from([]);')).globals, ['Buffer', 'process']);
    assert.deepEqual((await read(`typeof process === 'undefined' || process.env.A;`)).globals, ['process']);
    assert.deepEqual((await read('globalThis.process.env;')).globals, ['process']);
    assert.deepEqual((await read('global.f(); __dirname;')).globals, ['__dirname', 'global']);
    const others = `export function f(process) { return process.env + 'Buffer' + this.Buffer; } // global`;
    assert.deepEqual((await read(others)).globals, []);
  });
});

function has(limit: keyof Limits): boolean {
  return bundle.includes(`${limit}:`);
}

/** But for `setImmediate`, which the bundle uses where it is there: whether it can do without, only a page shows. */
const nodeGlobals = ['process', 'Buffer', 'global', '__dirname', '__filename'];

/** What esbuild, which knows the scopes of names, makes of a module: its imports and exports, and its globals. */
async function read(source: string): Promise<{ output: Metafile['outputs'][string]; globals: string[] }> {
  const markers = nodeGlobals.flatMap((name) => [
    [name, `GLOBAL_${name}`],
    [`globalThis.${name}`, `GLOBAL_${name}`],
  ]);
  const { metafile, outputFiles } = await build({
    stdin: { contents: source, loader: 'js' },
    ...{ bundle: true, format: 'esm', target: 'es2022', platform: 'neutral', external: ['*'] },
    ...{ metafile: true, write: false, outdir: 'out', treeShaking: false, logLevel: 'silent' },
    define: Object.fromEntries(markers) as Record<string, string>,
  });
  const text = outputFiles.map((file) => file.text).join('\n');
  const globals = nodeGlobals.filter((name) => text.includes(`GLOBAL_${name}`)).toSorted();
  const [output] = Object.values(metafile.outputs);
  assert.ok(output !== undefined);
  return { output, globals };
}
