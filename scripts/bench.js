// @ts-check
// Prepares the benchmarks, a package of their own that nothing else needs, and runs them:
//
//   npm run bench -- fan-out          as `build/benchmarks/run.js fan-out`
//   node scripts/bench.js --prepare   installs and compiles, and no more

import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './files.js';

const folder = join(root, 'benchmarks');
const output = join(root, 'build', 'benchmarks');
const program = join(output, 'run.js');

install();
link();
run('tsc', ['-b', 'benchmarks'], root);
run(process.execPath, [join('scripts', 'prune.js')], root);

const options = process.argv.slice(2);
if (options[0] !== '--prepare') {
  process.argv.splice(1, process.argv.length - 1, program, ...options);
  process.setSourceMapsEnabled(true);
  await import(pathToFileURL(program).href);
}

/** What the benchmarks compare with, where it is missing or its lock file is newer. */
function install() {
  const marker = join(folder, 'node_modules', '.package-lock.json');
  if (changedAt(marker) > changedAt(join(folder, 'package-lock.json'))) return;
  console.error('Installing what the benchmarks compare with (npm ci in benchmarks/)');
  // No script of a package has to run: zeromq brings its binaries.
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  utimesSync(marker, new Date(), new Date());
}

/** Compiled benchmarks look for packages where they lie. */
function link() {
  const place = join(output, 'node_modules');
  mkdirSync(output, { recursive: true });
  rmSync(place, { recursive: true, force: true });
  symlinkSync(join(folder, 'node_modules'), place, 'junction');
}

/** @param {string} file */
function changedAt(file) {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * @param {string} command found in node_modules/.bin, which `npm run` puts on the PATH
 * @param {string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  const { status, error } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
