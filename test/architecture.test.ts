/**
 * The layering of lib/: imports point downward only, `server/` and `client/` do not know each other, no file
 * imports itself in a circle, and what browsers load needs nothing of Node.js.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = new URL('../../', import.meta.url); // of the project, from build/test/

/** From the bottom up. A layer imports itself and the layers of the rows below it, never its neighbours in the row. */
const layers: readonly (readonly string[])[] = [
  ['errors.ts', 'debug.ts'],
  ['protocol'],
  ['server', 'client'],
  ['state'],
  ['state/server', 'state/client'],
  ['memory', 'ipc', 'json-rpc'],
  ['cluster', 'browser', 'testing'],
  ['index.ts'],
];

/** What a layer must not import although it is below: a wing has the two sides that the core has. */
const strangers: Readonly<Record<string, readonly string[]>> = {
  state: ['server', 'client'],
  'state/server': ['client'],
  'state/client': ['server'],
};

/** The layers that run in browsers, and the one builtin that the server may use; the others are free. */
const builtinsOf: Readonly<Record<string, readonly string[]>> = {
  'errors.ts': [],
  'debug.ts': [],
  protocol: [],
  client: [],
  state: [],
  'state/client': [],
  'state/server': [],
  server: ['node:crypto'],
};

const { dependencies, peerDependencies } = JSON.parse(
  readFileSync(new URL('package.json', root), 'utf8'),
) as Readonly<Record<'dependencies' | 'peerDependencies', Readonly<Record<string, string>>>>;

describe('the architecture of lib/', () => {
  const sources = readSources();

  it('is looked at', () => {
    assert.ok(sources.size > 0, 'there are no sources');
    const imports = [...sources].flatMap(([file, text]) => importsOf(file, text));
    assert.ok(imports.some(({ file }) => file !== undefined));
  });

  it('has no file outside the known layers', () => {
    const unknown = [...sources.keys()].filter((file) => rowOf(layerOf(file)) === -1);
    assert.deepEqual(unknown, [], 'add the new layer to the table of this test, or move the file');
  });

  it('has imports that point downward only', () => {
    assert.deepEqual(upwardImports(sources), []);
  });

  it('has no import cycle', () => {
    assert.deepEqual(importCycles(sources), []);
  });

  it('uses builtins of Node.js and other packages only where they may be used', () => {
    assert.deepEqual(foreignImports(sources), []);
  });
});

describe('the check of the architecture', () => {
  it('finds an import that points upward', () => {
    const upward = {
      'protocol/link.ts': `import { Server } from '../server/server.js';`,
      'server/server.ts': `export class Server {}`,
    };
    assert.deepEqual(found(upwardImports, upward), [
      'protocol/link.ts must not import server/server.ts: protocol is not above server',
    ]);
  });

  it('finds an import between neighbours, of a type, of a side effect, at run time, and passed on', () => {
    const target = { 'client/client.ts': 'export class Client {}' };
    for (const statement of [
      `import { Client } from '../client/client.js';`,
      `import type { Client } from '../client/client.js';`,
      `import {\n  type Client,\n} from "../client/client.js";`,
      `import '../client/client.js';`,
      `export { Client } from '../client/client.js';`,
      `export * from '../client/client.js';`,
      `const { Client } = await import('../client/client.js');`,
      `type C = import('../client/client.js').Client;`,
      `const url = 'http://x'; import { Client } from '../client/client.js';`,
    ]) {
      assert.equal(found(upwardImports, { ...target, 'server/a.ts': statement }).length, 1, statement);
    }
  });

  it('finds an import of a wing from the other side', () => {
    const server = { 'server/server.ts': `export class Server {}` };
    for (const [importer, path] of [
      ['state/client/map.ts', '../../server/server.js'],
      ['state/names.ts', '../server/server.js'],
    ] as const) {
      const sources = { ...server, [importer]: `import '${path}';` };
      assert.equal(found(upwardImports, sources).length, 1, importer);
    }
    const sameSide = { ...server, 'state/server/wing.ts': `import '../../server/server.js';` };
    assert.deepEqual(found(upwardImports, sameSide), []);
  });

  it('does not mistake comments and texts for imports', () => {
    for (const text of [
      `// import { Client } from '../client/client.js';`,
      `/** @example import { Client } from '../client/client.js'; */`,
      `const from = 'a'; const b = 'import';`,
    ]) {
      assert.deepEqual(importsOf('server/a.ts', text), [], text);
    }
  });

  it('finds an import of a file that is not there', () => {
    assert.deepEqual(found(upwardImports, { 'server/a.ts': `import './b.js';` }), [
      'server/a.ts imports server/b.ts, which does not exist',
    ]);
  });

  it('finds a cycle', () => {
    const cycle = {
      'server/a.ts': `import './b.js';`,
      'server/b.ts': `import type { C } from './c.js';`,
      'server/c.ts': `export * from './a.js';`,
      'server/d.ts': `import './a.js';`,
    };
    assert.deepEqual(found(importCycles, cycle), ['server/a.ts → server/b.ts → server/c.ts → server/a.ts']);
  });

  it('finds a builtin and an undeclared package', () => {
    assert.equal(found(foreignImports, { 'client/a.ts': `import 'node:crypto';` }).length, 1);
    assert.equal(found(foreignImports, { 'protocol/a.ts': `import { join } from 'path';` }).length, 1);
    assert.equal(found(foreignImports, { 'server/a.ts': `import fs from 'node:fs';` }).length, 1);
    assert.equal(found(foreignImports, { 'ipc/a.ts': `import ws from 'ws';` }).length, 1);
    assert.equal(found(foreignImports, { 'ipc/a.ts': `import express from 'express';` }).length, 1);
    assert.equal(found(foreignImports, { 'server/a.ts': `import debug from 'debug';` }).length, 1);
    assert.deepEqual(
      found(foreignImports, { 'server/a.ts': `import { randomUUID } from 'node:crypto';` }),
      [],
    );
    assert.deepEqual(found(foreignImports, { 'ipc/a.ts': `import cluster from 'node:cluster';` }), []);
    assert.deepEqual(found(foreignImports, { 'debug.ts': `import debug from 'debug';` }), []);
  });
});

/** Texts by path below lib/, with `/`. */
type Sources = ReadonlyMap<string, string>;

function found(check: (sources: Sources) => string[], files: Readonly<Record<string, string>>): string[] {
  return check(new Map(Object.entries(files)));
}

function readSources(): Sources {
  const lib = new URL('lib/', root);
  return new Map(
    readdirSync(fileURLToPath(lib), { recursive: true, encoding: 'utf8' })
      .map((name) => name.replaceAll('\\', '/'))
      .filter((name) => name.endsWith('.ts'))
      .toSorted()
      .map((name) => [name, readFileSync(new URL(name, lib), 'utf8')]),
  );
}

/** What a file imports, types included: as written, and the path below lib/ if it is a file of this package. */
function importsOf(importer: string, text: string): { specifier: string; file: string | undefined }[] {
  const patterns = [
    /\b(?:import|export)\b[\w\s{},*$]*?\bfrom\s*(['"])(?<specifier>[^'"\n]+)\1/g,
    /\bimport\s*(['"])(?<specifier>[^'"\n]+)\1/g,
    /\b(?:import|require)\s*\(\s*(['"])(?<specifier>[^'"\n]+)\1/g,
  ];
  const code = withoutComments(text);
  return patterns
    .flatMap((pattern) => [...code.matchAll(pattern)])
    .map((match) => {
      const specifier = match.groups?.['specifier'] ?? '';
      const isFile = specifier.startsWith('.');
      const path = posix.join(posix.dirname(importer), specifier).replace(/\.js$/, '.ts');
      return { specifier, file: isFile ? path : undefined };
    });
}

function withoutComments(text: string): string {
  // Strings are matched first, so that `//` inside them is not taken for a comment.
  return text.replace(
    /('(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[^]*?\*\/|\/\/.*/g,
    (_match, string: string | undefined) => string ?? ' ',
  );
}

/** `server` for `server/server.ts`, `state/client` for what is in there, `index.ts` for itself. */
function layerOf(file: string): string {
  const [folder = file, inner = ''] = file.split('/');
  const both = `${folder}/${inner}`;
  return rowOf(both) === -1 ? folder : both;
}

function rowOf(layer: string): number {
  return layers.findIndex((row) => row.includes(layer));
}

function upwardImports(sources: Sources): string[] {
  return edges(sources).flatMap(([importer, imported]) => {
    if (!sources.has(imported)) return [`${importer} imports ${imported}, which does not exist`];
    const [from, to] = [layerOf(importer), layerOf(imported)];
    const isStrange = strangers[from]?.includes(to) ?? false;
    if (!isStrange && (from === to || rowOf(to) < rowOf(from))) return [];
    return [`${importer} must not import ${imported}: ${from} is not above ${to}`];
  });
}

function importCycles(sources: Sources): string[] {
  const importedBy = new Map<string, string[]>();
  for (const [importer, imported] of edges(sources)) {
    importedBy.set(importer, [...(importedBy.get(importer) ?? []), imported]);
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start !== -1) cycles.push([...path.slice(start), file].join(' → '));
    if (start !== -1 || done.has(file)) return;
    for (const imported of importedBy.get(file) ?? []) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of sources.keys()) visit(file, []);
  return cycles;
}

function foreignImports(sources: Sources): string[] {
  return [...sources].flatMap(([importer, text]) =>
    importsOf(importer, text)
      .filter(({ file, specifier }) => file === undefined && !mayImport(importer, specifier))
      .map(({ specifier }) => `${importer} must not import ${specifier}`),
  );
}

function mayImport(importer: string, specifier: string): boolean {
  if (isBuiltin(specifier)) return builtinsOf[layerOf(importer)]?.includes(specifier) ?? true;
  if (specifier === 'debug') return importer === 'debug.ts'; // the one place that knows who writes the log
  // Loaded when needed by one file, and a type elsewhere in its folder.
  if (Object.hasOwn(peerDependencies, specifier)) return layerOf(importer) === 'json-rpc';
  return Object.hasOwn(dependencies, specifier);
}

/** Every import of a file of this package: importer, imported. */
function edges(sources: Sources): [string, string][] {
  return [...sources].flatMap(([importer, text]) =>
    importsOf(importer, text).flatMap(({ file }): [string, string][] =>
      file === undefined ? [] : [[importer, file]],
    ),
  );
}
