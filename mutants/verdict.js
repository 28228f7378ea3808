// @ts-check
/**
 * What the tests say of a mutant: whether one of them has seen that its guard is gone.
 */

/** @typedef {import('./form.js').Mutant} Mutant */
/** @typedef {import('./reporter.js').Ran} Ran */
/** @typedef {import('./reporter.js').Failure} Failure */

/**
 * `broken`: neither killed nor survived, since what went wrong says nothing about the guard.
 *
 * @typedef {'killed' | 'survived' | 'stale' | 'broken'} Verdict
 */

/**
 * @typedef {object} Judgement
 * @property {Verdict} verdict
 * @property {string} reason
 */

/**
 * @param {Mutant} mutant
 * @param {readonly Ran[]} ran
 * @param {boolean} isOverdue whether the run did not come to its end in time
 * @returns {Judgement}
 */
export function judge({ by }, ran, isOverdue) {
  let hasRun = false;
  for (const { name, outcome } of ran) {
    if (outcome === 'skipped') continue;
    hasRun = true;
    if (outcome === 'passed') continue;
    const how = by === undefined ? kindOf(outcome) : outcome.message.includes(by) ? by : undefined;
    if (how !== undefined) return { verdict: 'killed', reason: `${how}: ${name}` };
  }
  if (isOverdue && by === undefined) return { verdict: 'killed', reason: 'timeout: the tests did not end' };
  const [failure] = failuresOf(ran);
  if (failure !== undefined) return { verdict: 'broken', reason: failure };
  if (!hasRun) return { verdict: 'broken', reason: 'no test has run' };
  return { verdict: 'survived', reason: 'its tests pass' };
}

/**
 * How a test failed, where it has seen something; `undefined` for what says that the code or the test broke.
 *
 * @param {Failure} failure
 * @returns {string | undefined}
 */
function kindOf({ type, code, message, isError }) {
  if (type === 'testTimeoutFailure') return 'timeout';
  if (message.startsWith('Promise resolution is still pending')) return 'promise that never settles';
  if (!isError) return undefined;
  if (code === 'ERR_ASSERTION') return 'assertion';
  return texts.find(([start]) => message.startsWith(start))?.[1];
}

/**
 * How the messages of others than assertions begin.
 *
 * @type {readonly (readonly [start: string, kind: string])[]}
 */
const texts = [
  ['Property failed after ', 'property'],
  ['not within ', 'deadline'], // test/support/until.ts
  ['expected ERR_PUBSUB_', 'assertion'], // test/support/codes.ts
  ['AssertionError [ERR_ASSERTION]', 'assertion'], // in a worker that plays the test
];

/**
 * The failures among `ran`, a line each.
 *
 * @param {readonly Ran[]} ran
 * @returns {string[]}
 */
export function failuresOf(ran) {
  return ran.flatMap(({ name, outcome }) =>
    typeof outcome === 'string' ? [] : [`${name}: ${outcome.type}, ${firstLine(outcome.message)}`],
  );
}

/** @param {string} text */
export function firstLine(text) {
  return text.trim().split('\n', 1)[0] ?? '';
}
