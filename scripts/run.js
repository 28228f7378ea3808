// @ts-check
// Runs one compiled program of a folder by its short name: `node scripts/run.js examples broadcast [arguments]`.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, root } from './files.js';

const [folder = 'examples', name, ...rest] = process.argv.slice(2);
/** A program is one file, or a folder with a `main`. By its name, where it is. */
const programs = new Map(
  filesBelow(folder, '.ts')
    .map((file) => file.slice(0, -'.ts'.length))
    .filter((file) => /^[^/]+(\/main)?$/.test(file))
    .map((file) => [file.replace(/\/main$/, ''), file]),
);
const file = programs.get(name ?? '');

if (file === undefined) {
  const names = [...programs.keys()].join(', ');
  console.error(`${name === undefined ? 'Say which one' : `There is no "${name}"`}: ${names}`);
  process.exit(1);
}

// As if the program had been started directly: `cluster` forks what argv[1] says.
const program = join(root, 'build', folder, `${file}.js`);
process.argv.splice(1, process.argv.length - 1, program, ...rest);
process.setSourceMapsEnabled(true);
await import(pathToFileURL(program).href);
