// @ts-check
/**
 * Takes the guards of the library away, one at a time, and sees that a test fails each time.
 *
 *   npm run mutants                     all of them
 *   npm run mutants -- NAME...          those whose names begin with one of these
 *   npm run mutants -- --list           says which there are
 *   npm run mutants -- --document       writes the list into docs/testing.md
 *
 * How to add one is in form.js. The exit code is 0 where each was killed.
 */
import { writeDocument } from './document.js';
import { formProblems, loadMutants, mutate } from './form.js';
import { failuresOf, firstLine, judge } from './verdict.js';
import { Workshop } from './workshop.js';

/** @typedef {import('./form.js').Mutant} Mutant */
/** @typedef {import('./verdict.js').Judgement} Judgement */
/** @typedef {import('./reporter.js').Ran} Ran */

const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'));

const all = await loadMutants();
const mutants = all.filter(
  ({ name }) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)),
);
const width = Math.max(0, ...mutants.map(({ name }) => name.length));

process.exitCode = await main();

async function main() {
  const problems = formProblems(all);
  for (const option of options) {
    if (option !== '--list' && option !== '--document') problems.push(`there is no option ${option}`);
  }
  for (const start of wanted) {
    if (!mutants.some(({ name }) => name.startsWith(start))) problems.push(`there is no mutant ${start}`);
  }
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) return 1;
  if (options.includes('--document')) {
    await writeDocument(all);
  } else if (options.includes('--list')) {
    for (const { name, without } of mutants) console.log(`${name.padEnd(width)}  ${without}`);
  } else {
    return (await replay()) ? 0 : 1;
  }
  return 0;
}

/** @returns {Promise<boolean>} whether each was killed */
async function replay() {
  const began = performance.now();
  const workshop = new Workshop();
  const built = await workshop.build();
  if (built.code !== 0) {
    console.error(`The project does not compile:\n${built.output}`);
    return false;
  }
  const unmutated = await runUnmutated(workshop);
  /** @type {Map<string, number>} */
  const verdicts = new Map();
  for (const mutant of mutants) {
    const from = performance.now();
    const { verdict, reason } = await replayOne(workshop, mutant, unmutated);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    console.log(`${verdict.padEnd(8)}  ${mutant.name.padEnd(width)}  ${seconds(from)}  ${reason}`);
  }
  const counts = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(', ');
  console.log(`\n${mutants.length} mutants in ${seconds(began).trim()}: ${counts}`);
  return verdicts.get('killed') === mutants.length;
}

/**
 * Runs the tests of all mutants on the library as it is.
 *
 * @param {Workshop} workshop
 * @returns {Promise<Map<string, Ran[]>>} what has run, by file
 */
async function runUnmutated(workshop) {
  /** @type {Map<string, Ran[]>} */
  const unmutated = new Map();
  for (const test of new Set(mutants.map((mutant) => mutant.test))) {
    const from = performance.now();
    const titles = mutants.filter((mutant) => mutant.test === test).map(({ title }) => title);
    const isWhole = titles.includes(undefined);
    const { code, output, ran } = await workshop.test(
      test,
      titles.flatMap((title) => (isWhole ? [] : (title ?? []))),
    );
    unmutated.set(test, ran);
    console.log(`${code === 0 ? 'passes' : 'FAILS '}    ${test}  ${seconds(from)}  nothing taken away`);
    if (code !== 0) console.log([...failuresOf(ran), output].join('\n'));
  }
  console.log();
  return unmutated;
}

/**
 * @param {Workshop} workshop
 * @param {Mutant} mutant
 * @param {ReadonlyMap<string, readonly Ran[]>} unmutated
 * @returns {Promise<Judgement>}
 */
async function replayOne(workshop, mutant, unmutated) {
  const { sources, problem } = mutate(mutant);
  if (problem !== undefined) return { verdict: 'stale', reason: problem };
  const { test, title = '' } = mutant;
  const outcomes = (unmutated.get(test) ?? []).flatMap(({ name, outcome }) =>
    name.includes(title) && outcome !== 'skipped' ? [outcome] : [],
  );
  if (outcomes.length === 0) return { verdict: 'broken', reason: `${test} has no test "${title}"` };
  if (outcomes.some((outcome) => outcome !== 'passed')) {
    return { verdict: 'broken', reason: `"${title}" of ${test} fails where nothing is taken away` };
  }
  const compiled = await workshop.compile(sources);
  if (compiled.code !== 0) {
    return { verdict: 'broken', reason: `it does not compile: ${firstLine(compiled.output)}` };
  }
  const { ran, isOverdue } = await workshop.test(
    test,
    title === '' ? [] : [title],
    (soFar) => judge(mutant, soFar, false).verdict === 'killed',
  );
  return judge(mutant, ran, isOverdue);
}

/** @param {number} from */
function seconds(from) {
  return `${((performance.now() - from) / 1000).toFixed(1).padStart(5)} s`;
}
