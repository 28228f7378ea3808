/** The README: every snippet compiles, the first one runs, and its tables are those of the code. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defaultLimits, PubSubError, type PubSubErrorCode } from 'clustercast';
import { isPubSubErrorCode } from '#lib/errors.js';
import { until } from '../support/until.js';
import { blocksOf, rowsOf, sectionOf } from './markdown.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const folder = `${root}build/readme/`;
const readme = readFileSync(`${root}README.md`, 'utf8');
const snippets = blocksOf(readme)
  .filter(({ language }) => language === 'ts')
  .map(({ text }) => text);

describe('README', () => {
  before(async () => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [number, snippet] of snippets.entries())
      writeFileSync(`${folder}snippet-${number}.ts`, snippet);
    const compilerOptions = {
      ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', types: ['node'] },
      ...{ strict: true, skipLibCheck: true, rootDir: '.', outDir: 'out' },
    };
    writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    const tsc = fileURLToPath(new URL(import.meta.resolve('typescript/package.json'))).replace(
      'package.json',
      'bin/tsc',
    );
    await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => {
      throw new Error(`a snippet does not compile:\n${error.stdout}`);
    });
  });

  it('has snippets, all of which compile', () => {
    assert.ok(snippets.length >= 7, `only ${snippets.length} snippets`);
  });

  it('begins with a program of fifteen lines or so that does what it says', { timeout: 60_000 }, async () => {
    const lines = (snippets[0] as string).trim().split('\n');
    assert.ok(lines.length <= 16, `${lines.length} lines`);
    const program = spawn(process.execPath, [`${folder}out/snippet-0.js`], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    program.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    program.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const exited = once(program, 'exit');
    try {
      await until(() => stdout.split('\n').length > 4, 'four workers have published', 30_000);
      for (const line of stdout.trim().split('\n'))
        assert.match(line, /^[0-3] other workers have been told$/);
      assert.equal(stderr, '');
    } finally {
      program.kill('SIGKILL');
      await exited;
    }
  });

  it('lists every limit, with its default', () => {
    const cells = rowsOf(sectionOf(readme, 'Limits')).map(([cell = '']) => cell.replace(/\(.*\)/, ''));
    const rows = cells.flatMap((cell) => [...cell.matchAll(/\w+/g)].map(([name]) => name));
    assert.deepEqual(rows.toSorted(), Object.keys(defaultLimits).toSorted());
    for (const [name, value] of Object.entries<number>({ ...defaultLimits })) {
      const row =
        readme.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``)) ?? '';
      assert.ok(row.includes(value.toLocaleString('en-US')), `the default of ${name} is ${value}: ${row}`);
    }
  });

  it('lists every error code', () => {
    const rows = rowsOf(sectionOf(readme, 'Errors')).map(([cell = '']) => cell);
    for (const row of rows) assert.ok(isPubSubErrorCode(row), row);
    const source = readFileSync(`${root}lib/errors.ts`, 'utf8');
    const codes = [...source.matchAll(/^ {2}'(ERR_PUBSUB_\w+)',$/gm)].map(
      (match) => match[1] as PubSubErrorCode,
    );
    assert.deepEqual(rows.toSorted(), codes.toSorted());
    assert.equal(new PubSubError(codes[0] as PubSubErrorCode, 'text').name, 'PubSubError');
  });
});
