/** The README: every snippet compiles, the first one runs, and its tables are those of the code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { defaultLimits, PubSubError, type PubSubErrorCode } from 'clustercast';
import { isPubSubErrorCode } from '#lib/errors.js';
import { until } from '../support/until.js';
import { blocksOf, rowsOf, sectionOf } from './markdown.js';
import { compile } from './snippets.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const readme = readFileSync(`${root}README.md`, 'utf8');
const snippets = blocksOf(readme)
  .filter(({ language }) => language === 'ts')
  .map(({ text }) => text);

describe('README', () => {
  let program: (position: number) => string;

  before(async () => {
    program = await compile('readme', snippets);
  });

  it('has snippets, all of which compile', () => {
    assert.ok(snippets.length >= 7, `only ${snippets.length} snippets`);
  });

  it('begins with a program of fifteen lines or so that does what it says', { timeout: 60_000 }, async () => {
    const lines = (snippets[0] as string).trim().split('\n');
    assert.ok(lines.length <= 16, `${lines.length} lines`);
    const child = spawn(process.execPath, [program(0)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const exited = once(child, 'exit');
    try {
      await until(() => stdout.split('\n').length > 4, 'four workers have published', 30_000);
      for (const line of stdout.trim().split('\n'))
        assert.match(line, /^[0-3] other workers have been told$/);
      assert.equal(stderr, '');
    } finally {
      child.kill('SIGKILL');
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
