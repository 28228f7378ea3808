// @ts-check
// Bundles what `clustercast/browser` exports into one ES module, which a page loads as it is.

import { join } from 'node:path';
import { build } from 'esbuild';
import { root } from './files.js';

await build({
  alias: { debug: './dist/browser/no-debug.js' },
  absWorkingDir: root,
  entryPoints: [join('dist', 'browser', 'index.js')],
  outfile: join('dist', 'browser', 'clustercast.js'),
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  minify: true,
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
});
