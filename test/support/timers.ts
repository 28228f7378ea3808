/** How many timers hold this process now: what a test has started it must have ended. */
export function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}
