// @ts-check
// Runs one compiled program of a folder by its short name: `node scripts/run.js examples broadcast [arguments]`.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesBelow, root } from './files.js';

const [folder = 'examples', name, ...rest] = process.argv.slice(2);
const names = filesBelow(folder, '.ts')
  .filter((file) => !file.includes('/'))
  .map((file) => file.slice(0, -'.ts'.length));

if (name === undefined || !names.includes(name)) {
  console.error(`${name === undefined ? 'Say which one' : `There is no "${name}"`}: ${names.join(', ')}`);
  process.exit(1);
}

// As if the program had been started directly: `cluster` forks what argv[1] says.
const program = join(root, 'build', folder, `${name}.js`);
process.argv.splice(1, process.argv.length - 1, program, ...rest);
process.setSourceMapsEnabled(true);
await import(pathToFileURL(program).href);
