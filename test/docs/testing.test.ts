/**
 * docs/testing.md lists the mutants as they are, and each of them still fits the sources; running them all is
 * `npm run mutants`. And of the runner: what it takes for killed.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { rowsOf, sectionOf } from './markdown.js';

const root = new URL('../../../', import.meta.url);

interface Mutant {
  readonly name: string;
  readonly without: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
  readonly test: string;
}

interface Failure {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly isError: boolean;
}

/** What is used of mutants/, which is not compiled. */
interface Runner {
  loadMutants(): Promise<Mutant[]>;
  formProblems(mutants: readonly Mutant[]): string[];
  mutate(mutant: Mutant): { readonly problem?: string };
  tableOf(mutants: readonly Mutant[]): string[][];
  judge(
    mutant: { readonly by?: string },
    ran: readonly { readonly name: string; readonly outcome: string | Failure }[],
    isOverdue: boolean,
  ): { readonly verdict: string; readonly reason: string };
}

const runner = Object.assign(
  {},
  ...(await Promise.all(
    ['form', 'document', 'verdict'].map(
      (name) => import(new URL(`mutants/${name}.js`, root).href) as Promise<Partial<Runner>>,
    ),
  )),
) as Runner;
const mutants = await runner.loadMutants();

describe('the mutants', () => {
  it('are listed in docs/testing.md, all of them and as they are', () => {
    const document = readFileSync(new URL('docs/testing.md', root), 'utf8');
    const rows = rowsOf(sectionOf(document, 'Guards and mutants'));
    assert.ok(rows.length >= 40, `only ${rows.length} mutants`);
    assert.deepEqual(rows, runner.tableOf(mutants), 'npm run mutants -- --document writes the list');
  });

  it('fit the sources: each place is there once, and each test is there', () => {
    assert.deepEqual(runner.formProblems(mutants), []);
    for (const mutant of mutants) {
      const { problem } = runner.mutate(mutant);
      assert.equal(problem, undefined, `${mutant.name} is stale`);
    }
  });
});

describe('a mutant', () => {
  const [mutant] = mutants;
  assert.ok(mutant !== undefined);

  it('is stale where its place is not there, or there twice', () => {
    const problemOf = (change: Partial<Mutant>): string =>
      runner.mutate({ ...mutant, ...change }).problem ?? '';
    assert.match(problemOf({ find: 'is nowhere' }), /0 times/);
    assert.match(problemOf({ find: 'import' }), /\d+ times .* not once/);
    assert.match(problemOf({ file: 'lib/no.ts' }), /no lib\/no\.ts/);
    assert.match(problemOf({ replace: mutant.find }), /by itself/);
  });

  it('is refused where it is named twice, badly, or without its test', () => {
    assert.match(runner.formProblems([mutant, mutant]).join(), /several/);
    assert.match(runner.formProblems([{ ...mutant, name: 'A b' }]).join(), /no name/);
    assert.match(runner.formProblems([{ ...mutant, without: 'a | b' }]).join(), /plain line/);
    assert.match(runner.formProblems([{ ...mutant, test: 'no/such' }]).join(), /no test/);
  });

  const failure = (message: string, more: Partial<Failure> = {}): Failure => ({
    ...{ type: 'testCodeFailure', message, isError: true },
    ...more,
  });
  const verdicts: Record<string, [verdict: string, outcomes: (string | Failure)[], by?: string]> = {
    'an assertion': ['killed', ['passed', failure('1 == 2', { code: 'ERR_ASSERTION' })]],
    'an assertion in another process': ['killed', [failure('AssertionError [ERR_ASSERTION]: 1 == 2')]],
    'a property': ['killed', [failure('Property failed after 1 tests')]],
    'a code that was not expected': ['killed', [failure('expected ERR_PUBSUB_LIMIT')]],
    'a promise that never settles': [
      'killed',
      [failure('Promise resolution is still pending but ...', { type: 'cancelledByParent', isError: false })],
    ],
    'a deadline': ['killed', [failure('not within 10 ms: the end')]],
    'its time limit': ['killed', [failure('timed out', { type: 'testTimeoutFailure', isError: false })]],
    'what was foreseen': ['killed', [failure('write EPIPE', { type: 'uncaughtException' })], 'EPIPE'],
    nothing: ['survived', ['passed', 'skipped']],
    'an error that was not foreseen': ['broken', [failure('x is not a function')]],
    'something else than was foreseen': ['broken', [failure('1 == 2', { code: 'ERR_ASSERTION' })], 'EPIPE'],
    'a process that crashed': ['broken', [failure('test failed', { isError: false })]],
    'no test that was run': ['broken', ['skipped']],
  };
  for (const [how, [verdict, outcomes, by]] of Object.entries(verdicts)) {
    it(`that ends in ${how} is ${verdict}`, () => {
      const ran = outcomes.map((outcome) => ({ name: 'a test', outcome }));
      assert.equal(runner.judge({ ...(by !== undefined && { by }) }, ran, false).verdict, verdict);
    });
  }

  it('whose tests do not end is killed, unless it was to fail otherwise', () => {
    assert.equal(runner.judge({}, [], true).verdict, 'killed');
    assert.equal(runner.judge({ by: 'EPIPE' }, [], true).verdict, 'broken');
  });
});
