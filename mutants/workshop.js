// @ts-check
/**
 * A copy of the project in a temporary folder, where sources are changed, compiled and tested. The project itself is
 * never touched, and nothing of the copy is left when this process ends, nor of the processes that were started in it.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import { root } from '../scripts/files.js';

/** For one test, or one file of them before Node.js 24. */
const TEST_TIMEOUT = 60_000;
/** And for what one call of `compile` or `test` starts. */
const RUN_TIMEOUT = 90_000;

/** Compiles lib/ alone, as quickly as can be; a guard that is gone may leave a name that nobody uses. */
const mutantConfig = {
  extends: './tsconfig.lib.json',
  compilerOptions: {
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  },
};

/** @typedef {import('./reporter.js').Ran} Ran */

/**
 * @typedef {object} Run
 * @property {number | null} code of the process; `null` where it was killed
 * @property {string} output
 * @property {boolean} isOverdue whether it was killed because it did not end in time
 */

export class Workshop {
  /** Short, since tests make Unix sockets in it. */
  #folder = mkdtempSync(join(tmpdir(), 'ccm-'));
  #project = join(this.#folder, 'project');
  #temp = join(this.#folder, 't');
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;

  constructor() {
    process.once('exit', () => this.close());
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.once(signal, () => process.exit(130));
    }
    cpSync(root, this.#project, { recursive: true, filter: isSource });
    symlinkSync(join(root, 'node_modules'), join(this.#project, 'node_modules'), 'junction');
    writeFileSync(join(this.#project, 'tsconfig.mutant.json'), JSON.stringify(mutantConfig));
    mkdirSync(this.#temp);
  }

  /** Compiles lib/ and test/ as they are. */
  build() {
    return this.#tsc('-b', 'test');
  }

  /**
   * Compiles lib/ with other texts in some of its files.
   *
   * @param {ReadonlyMap<string, string>} sources by their paths relative to the project
   */
  async compile(sources) {
    for (const [file, text] of sources) writeFileSync(join(this.#project, file), text);
    try {
      return await this.#tsc('-p', 'tsconfig.mutant.json');
    } finally {
      // What is compiled stays until the next one is.
      for (const file of sources.keys()) cpSync(join(root, file), join(this.#project, file));
    }
  }

  /**
   * Runs one file of tests.
   *
   * @param {string} test its path below test/, without its ending
   * @param {readonly string[]} titles parts of the names of those to run; all where there are none
   * @param {(ran: Ran[]) => boolean} [isEnough] whether the run may be ended
   * @returns {Promise<Run & { ran: Ran[] }>}
   */
  async test(test, titles, isEnough = () => false) {
    const events = join(this.#folder, 'events');
    rmSync(events, { force: true });
    const args = [
      join('scripts', 'test.js'),
      `${test}.test.ts`,
      `--test-timeout=${TEST_TIMEOUT}`,
      '--test-reporter=./mutants/reporter.js',
      `--test-reporter-destination=${events}`,
      ...titles.map((title) => `--test-name-pattern=${title.replaceAll(/[^\w\s]/g, '\\$&')}`),
    ];
    // A test that has failed may leave what keeps its process alive.
    const run = await this.#run(args, () => isEnough(readEvents(events)));
    return { ...run, ran: readEvents(events) };
  }

  close() {
    this.#endChild();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 });
  }

  /** @param {string[]} args */
  #tsc(...args) {
    return this.#run([join('node_modules', 'typescript', 'bin', 'tsc'), ...args]);
  }

  /**
   * @param {readonly string[]} args for Node.js
   * @param {() => boolean} isEnough looked at again and again: whether to end it
   * @returns {Promise<Run>}
   */
  async #run(args, isEnough = () => false) {
    const child = spawn(process.execPath, args, {
      cwd: this.#project,
      env: { ...process.env, TMPDIR: this.#temp, TEMP: this.#temp, TMP: this.#temp },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own, so that what it starts can be ended with it.
      detached: process.platform !== 'win32',
    });
    this.#child = child;
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    let isOverdue = false;
    const timer = setTimeout(() => {
      isOverdue = true;
      this.#endChild();
    }, RUN_TIMEOUT);
    const watch = setInterval(() => {
      if (isEnough()) this.#endChild();
    }, 200);
    try {
      /** @type {number | null} */
      const code = await new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', resolve);
      });
      return { code, output, isOverdue };
    } finally {
      clearTimeout(timer);
      clearInterval(watch);
      this.#endChild();
    }
  }

  /** And all that it has started, whether or not it has ended itself. */
  #endChild() {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      if (process.platform === 'win32') this.#child?.kill();
      else process.kill(-pid, 'SIGKILL');
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ESRCH') throw error;
    }
    this.#child = undefined;
  }
}

/**
 * @param {string} path
 * @returns {Ran[]}
 */
function readEvents(path) {
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  // The last one may not be complete.
  return lines.slice(0, -1).map((line) => /** @type {Ran} */ (JSON.parse(line)));
}

/** @param {string} path in the project */
function isSource(path) {
  if (basename(path) === 'node_modules') return false;
  return !['.git', 'dist', 'build'].includes(relative(root, path));
}
