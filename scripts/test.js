// @ts-check
// Runs the compiled tests with node:test.
//
//   npm test                         all of them
//   npm test -- ipc contract/        files whose path below test/ contains `ipc` or `contract/`
//   npm test -- --test-name-pattern=order --test-reporter=tap     options of `node --test`, as `--name=value`

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { filesBelow, root } from './files.js';

/** A test that says nothing itself may take this long; one that needs longer passes `timeout`. */
const TEST_TIMEOUT = 60_000;
/** And a file. */
const FILE_TIMEOUT = 5 * 60_000;
/** All of them together: nothing waits for ever, whatever a test leaves running. */
const RUN_TIMEOUT = 20 * 60_000;

// Before Node.js 24, `--test-timeout` bounds each file and is not passed on to the tests in it;
// since then, it bounds each test, and nothing bounds the file.
const boundsTests = Number(process.versions.node.split('.')[0]) >= 24;

const defaults = [
  // A file forks a cluster of its own, so there are fewer files at once than there are processors.
  `--test-concurrency=${Math.max(2, Math.floor(availableParallelism() / 2))}`,
  `--test-timeout=${boundsTests ? TEST_TIMEOUT : FILE_TIMEOUT}`,
  '--test-reporter=spec',
];

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));
const given = new Set(options.map(nameOf));

// Found by their sources: what else lies in build/ is not a test.
const files = filesBelow('test', '.test.ts')
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => join('build', 'test', file.replace(/\.ts$/, '.js')));

if (files.length === 0) {
  console.error(`No test file matches ${wanted.join(' ') || 'test/**/*.test.ts'}.`);
  process.exit(1);
}

console.log(`${files.length} test files, Node.js ${process.version} (${process.platform} ${process.arch})`);

const child = spawn(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    ...defaults.filter((option) => !given.has(nameOf(option))),
    ...options,
    ...files,
  ],
  { cwd: root, stdio: 'inherit' },
);

const deadline = setTimeout(() => {
  console.error(`The tests did not end within ${RUN_TIMEOUT / 60_000} minutes.`);
  child.kill(); // node:test then names the files that it was running
  setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
}, RUN_TIMEOUT);

// Ctrl-C reaches the child as well; wait for what it has to say.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill());

child.on('exit', (code, signal) => {
  clearTimeout(deadline);
  if (signal !== null) console.error(`The test runner was ended by ${signal}.`);
  process.exitCode = code ?? 1;
});

/** @param {string} option */
function nameOf(option) {
  return option.split('=', 1)[0];
}
