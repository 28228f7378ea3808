// @ts-check
/**
 * What a mutant is: one guard of the library taken away, and the test that must fail for it. They lie in `guards/`, by
 * the folder of lib/ that they change; a new file there is found by itself. To add one:
 *
 *     {
 *       name: 'own-events',                             // unique: a-z, 0-9 and dashes
 *       without: 'a publisher is left out of those who receive its event', // what the guard does, for people
 *       file: 'lib/server/routing.ts',
 *       find: 'if (receiver === from) return;',         // exactly once in the file, as it is there
 *       replace: '',                                    // what stands there instead
 *       test: 'server/routing',                         // test/server/routing.test.ts: the quickest one that sees it
 *       title: 'gives each event once',                 // only its tests whose names have this in them; all without it
 *     },
 *
 * and `npm run mutants -- own-events` sees whether it is killed, `npm run mutants -- --document` writes it into
 * docs/testing.md. Where the guard is in several places, `and: [{ find, replace }, ...]` changes those as well (each with
 * a `file` of its own where it is another one).
 *
 * The mutated library must compile, unused names apart, and the test must fail by an assertion, a property, a deadline of
 * its own, its time limit or a promise that never settles. Where it can only fail otherwise, because what it waits for is refused or the process is hit
 * by an error that nobody hears, `by: 'EPIPE'` says what must stand in the message: an error of another kind then shows a
 * mutant that breaks more than its guard. Tests of `browser/`, `examples/` and `package/` cannot be used, since nothing
 * but lib/ and test/ is compiled.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../scripts/files.js';

/**
 * @typedef {object} Edit
 * @property {string} [file] relative to the project; without it, that of the mutant
 * @property {string} find
 * @property {string} replace
 */

/**
 * @typedef {object} Mutant
 * @property {string} name
 * @property {string} without
 * @property {string} file
 * @property {string} find
 * @property {string} replace
 * @property {readonly Edit[]} [and]
 * @property {string} test
 * @property {string} [title]
 * @property {string} [by]
 */

/**
 * All of them, file by file.
 *
 * @returns {Promise<Mutant[]>}
 */
export async function loadMutants() {
  const folder = join(root, 'mutants', 'guards');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.js'))
    .toSorted();
  const modules = await Promise.all(files.map((name) => import(pathToFileURL(join(folder, name)).href)));
  return modules.flatMap((module) => /** @type {{ mutants: Mutant[] }} */ (module).mutants);
}

/**
 * What is wrong with `mutants` themselves, whatever the sources are.
 *
 * @param {readonly Mutant[]} mutants
 * @returns {string[]}
 */
export function formProblems(mutants) {
  const names = new Set();
  return mutants.flatMap(({ name, without, test }) => {
    const problems = [];
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) problems.push(`"${name}" is no name for a mutant`);
    if (names.has(name)) problems.push(`there are several mutants ${name}`);
    names.add(name);
    if (without === '' || /[|\n]/.test(without))
      problems.push(`${name}: what is taken away must be one plain line`);
    if (!existsSync(join(root, 'test', `${test}.test.ts`)))
      problems.push(`${name}: there is no test ${test}`);
    return problems;
  });
}

/**
 * The sources with the guard taken away, by their paths; or why it cannot be.
 *
 * @param {Mutant} mutant
 * @returns {{ sources: Map<string, string>, problem?: string }}
 */
export function mutate(mutant) {
  /** @type {Map<string, string>} */
  const sources = new Map();
  for (const { file = mutant.file, find, replace } of [mutant, ...(mutant.and ?? [])]) {
    if (!file.startsWith('lib/') || !existsSync(join(root, file)))
      return { sources, problem: `there is no ${file}` };
    const source = sources.get(file) ?? readFileSync(join(root, file), 'utf8');
    const pieces = source.split(find);
    if (find === '' || pieces.length !== 2) {
      return {
        sources,
        problem: `${JSON.stringify(find)} is ${pieces.length - 1} times in ${file}, not once`,
      };
    }
    if (find === replace) return { sources, problem: `${JSON.stringify(find)} is replaced by itself` };
    sources.set(file, pieces.join(replace));
  }
  return { sources };
}
