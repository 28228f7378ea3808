// @ts-check
// Removes compiled files whose source is gone, which `tsc -b` leaves behind: a test that was renamed would go
// on being run, a module that was deleted would still be shipped.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, root } from './files.js';

const outputs = [
  { source: 'lib', output: 'dist' },
  ...['test', 'examples', 'benchmarks', 'soak'].map((name) => ({ source: name, output: `build/${name}` })),
];

for (const { source, output } of outputs) {
  const modules = new Set(filesBelow(source, '.ts').map((file) => file.slice(0, -'.ts'.length)));
  for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) {
    for (const file of filesBelow(output, ending)) {
      if (!modules.has(file.slice(0, -ending.length))) rmSync(join(root, output, file));
    }
  }
}
