import assert from 'node:assert/strict';

/** The end of the turn of the event loop that runs now: what was said in it has been sent then. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What `promise` settles with; fails where that is not before this turn ends, for what waits for nobody else. */
export async function withinTurn<T>(promise: Promise<T>): Promise<T> {
  const late = endOfTurn().then(() => assert.fail('not within this turn'));
  return Promise.race([promise, late]);
}
