// @ts-check
// Bundles what `clustercast/browser` exports into one ES module, which a page loads as it is, and makes that as small as
// it can be; and what `clustercast/browser/state` exports into another one.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { minify } from 'terser';
import { root } from './files.js';

/** Properties by which the parts of the module know each other, and nobody else: none is exported, said or listened to. */
const inner =
  /^(activate|answer|areQueued|ask|awaitRoom|backoff|build|columns|deadline|delay|deliver|dialer|drop|dropped|emit|enter|ended|exceeded|failed|failure|fillsBatch|flush|greeted|hold|index|isExempt|isFinal|isForeign|isSilent|keep|kind|lengths|link|lose|loseLink|loseQueued|loseRoom|lost|mark|messageOf|miss|names|outcome|outcomeFor|problem|problemOf|put|restore|setFor|silence|skip|skipped|stale|stopListening|subscription|take|takeAll|tell|tellProblem|unanswered|undo|unqueue)$/;

/** Limits that only servers and wings keep, and clients over IPC: for a page they are none, and it is told so where it sets one. */
const otherLimits =
  /^ {4}(subscriptionsPerClient|connections|clientsPerProcess|unknownFrameBytes|requestsPerFrame|requestsPerSecond|silenceTime|connectionsPerAddress|identifyTime|unknownOutputBytes|outputBytes|windowMessages|windowLength|heartbeatTime|staleTime|closeTime|maps|mapEntries|mapLength|keyLength|mapLogLength|mapPartLength|retainedValues|retainedLength|caches|invalidations): .*\n/gm;

/** By which wings call the server; there are none in this module. */
const wingCall = /^ {4}request\(method, params, options = \{\}, length = 0\) \{\n.*\n {4}\}\n/m;

/** What only Node.js, servers and wings raise. */
const otherCodes = /^ {4}'ERR_PUBSUB_(WRONG_PROCESS|STARTED|CONFLICT)',\n/gm;

/**
 * Pages have no debug log, and this module no wings.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutTheRest = {
  name: 'without what pages have not',
  setup(hooks) {
    hooks.onLoad({ filter: /dist[\\/](client|json-rpc)[\\/].*\.js$/ }, ({ path }) => ({
      contents: withoutLog(readFileSync(path, 'utf8')).replace(wingCall, ''),
    }));
    hooks.onLoad({ filter: /dist[\\/]errors\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(otherCodes, ''),
    }));
    hooks.onLoad({ filter: /dist[\\/]protocol[\\/]limits\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(otherLimits, ''),
    }));
  },
};

/** @type {import('esbuild').Plugin} */
const withoutDebug = {
  name: 'without a debug log',
  setup(hooks) {
    hooks.onLoad({ filter: /dist[\\/].*\.js$/ }, ({ path }) => ({
      contents: withoutLog(readFileSync(path, 'utf8')),
    }));
  },
};

await bundle('index.js', 'clustercast.js', { plugins: [withoutTheRest], mangleProps: inner });
await bundle('state.js', 'clustercast-state.js', { plugins: [withoutDebug] });

/**
 * @param {string} entry
 * @param {string} name of the file that is written
 * @param {import('esbuild').BuildOptions} options
 */
async function bundle(entry, name, options) {
  const outfile = join('dist', 'browser', name);
  const { outputFiles } = await build({
    ...options,
    alias: { debug: './dist/browser/no-debug.js' },
    absWorkingDir: root,
    entryPoints: [join('dist', 'browser', entry)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    minify: true,
    sourcemap: 'external',
    legalComments: 'none',
    logLevel: 'warning',
    write: false,
  });
  const textOf = (/** @type {string} */ end) =>
    outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '';
  const { code, map } = await minify(textOf('.js'), {
    module: true,
    ecma: 2022,
    compress: {
      passes: 4,
      pure_getters: true,
      hoist_funs: true,
      inline: false,
      sequences: false,
      if_return: false,
      unsafe_arrows: true,
    },
    sourceMap: { content: textOf('.js.map'), filename: name, url: `${name}.map` },
  });
  writeFileSync(join(root, outfile), code ?? '');
  writeFileSync(join(root, `${outfile}.map`), typeof map === 'string' ? map : '');
}

/**
 * A function that is known to do nothing is left out where it is called, with its texts.
 *
 * @param {string} code
 */
function withoutLog(code) {
  return code.replace(/^const log = debugLog\(.*\);$/m, 'function log() {}');
}
