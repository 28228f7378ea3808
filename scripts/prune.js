// @ts-check
// Removes compiled files whose source is gone, which `tsc -b` leaves behind: a test that was renamed would go
// on being run, a module that was deleted would still be shipped.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow, root } from './files.js';

/** Without a source of their name: bundle.js makes them of others. */
const bundles = new Set(['browser/clustercast', 'browser/clustercast-state'].map((file) => join(file)));

const outputs = [
  { source: 'lib', output: 'dist' },
  ...['test', 'examples', 'benchmarks', 'soak'].map((name) => ({ source: name, output: `build/${name}` })),
];

for (const { source, output } of outputs) {
  const modules = new Set(filesBelow(source, '.ts').map((file) => file.slice(0, -'.ts'.length)));
  for (const ending of ['.js', '.js.map', '.d.ts', '.d.ts.map']) {
    for (const file of filesBelow(output, ending)) {
      const name = file.slice(0, -ending.length);
      if (!modules.has(name) && !(output === 'dist' && bundles.has(name))) rmSync(join(root, output, file));
    }
  }
}
