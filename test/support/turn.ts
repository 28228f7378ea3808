/** The end of the turn of the event loop that runs now: what was said in it has been sent then. */
export function endOfTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
