// @ts-check
// Packs the package as it would be published, and has publint and "are the types wrong" look at the tarball.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './files.js';

const folder = mkdtempSync(join(tmpdir(), 'clustercast-pack-'));
try {
  // --ignore-scripts: it has just been built, and other programs may be using it.
  run('npm', ['pack', '--loglevel=warn', '--ignore-scripts', '--pack-destination', folder]);
  const [name] = readdirSync(folder);
  if (name === undefined) throw new Error('npm pack left no tarball');
  const tarball = join(folder, name);
  run('publint', ['run', tarball, '--strict']);
  // The package is ESM; require() reaches it through Node.js's require(esm), which every supported version has.
  run('attw', [tarball, '--profile', 'esm-only', '--no-emoji']);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} command found in node_modules/.bin, which `npm run` puts on the PATH
 * @param {string[]} args
 */
function run(command, args) {
  console.log(`\n> ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${command} failed`);
}
