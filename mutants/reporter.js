// @ts-check
/**
 * A reporter of node:test: one JSON text a line for each test, with what the verdict needs of its failure.
 */

/**
 * @typedef {object} Ran
 * @property {string} name
 * @property {'passed' | 'skipped' | Failure} outcome
 */

/**
 * @typedef {object} Failure
 * @property {string} type as node:test names it
 * @property {string} [code] of what was thrown
 * @property {string} message of what was thrown
 * @property {boolean} isError whether an error was thrown; otherwise node:test itself says what happened
 */

/**
 * @param {AsyncIterable<import('node:test/reporters').TestEvent>} events
 * @returns {AsyncGenerator<string>}
 */
// oxlint-disable-next-line import/no-default-export -- as node:test has it
export default async function* report(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const { name, details, skip } = data;
    if (details.type === 'suite') continue;
    /** @type {Ran} */
    const ran = { name, outcome: skip === undefined ? 'passed' : 'skipped' };
    if (type === 'test:fail') ran.outcome = failure(/** @type {{ error: unknown }} */ (details).error);
    yield `${JSON.stringify(ran)}\n`;
  }
}

/**
 * @param {unknown} error as node:test wraps it
 * @returns {Failure}
 */
function failure(error) {
  const { failureType, cause } = /** @type {{ failureType: string, cause: unknown }} */ (error);
  const isError = cause instanceof Error;
  const message = isError ? cause.message : String(cause);
  const code = isError ? /** @type {NodeJS.ErrnoException} */ (cause).code : undefined;
  return { type: failureType, ...(typeof code === 'string' && { code }), message, isError };
}
