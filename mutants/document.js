// @ts-check
/**
 * The list of the mutants in docs/testing.md, between two marks.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from '../scripts/files.js';

const path = join(root, 'docs', 'testing.md');
const begin = '<!-- mutants -->\n';
const end = '<!-- end of mutants -->';

/**
 * The cells of its rows, without the header.
 *
 * @public for the test of the document
 * @param {readonly import('./form.js').Mutant[]} mutants
 * @returns {string[][]}
 */
export function tableOf(mutants) {
  return mutants.map(({ name, without, file, test }) => [name, without, file.replace(/^lib\//, ''), test]);
}

/** @param {readonly import('./form.js').Mutant[]} mutants */
export async function writeDocument(mutants) {
  const [before, rest] = readFileSync(path, 'utf8').split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/testing.md has no place for the mutants');
  const rows = tableOf(mutants).map(
    ([name, without, file, test]) => `| \`${name}\` | ${without} | \`${file}\` | \`${test}\` |\n`,
  );
  const header = '| mutant | taken away: that | in `lib/` | killed by `test/` |\n| - | - | - | - |\n';
  const text = `${before}${begin}\n${header}${rows.join('')}\n${end}${after}`;
  writeFileSync(path, await format(text, { ...(await resolveConfig(path)), filepath: path }));
}
