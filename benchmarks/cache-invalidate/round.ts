/**
 * What the scenario asks of its hosts, and these of their workers. Times are in milliseconds.
 */

export const replicas = 8;
/** Entries that each of them holds when a round begins. */
export const entries = 1_000;
/** How many of them are invalidated in it. */
export const invalidated = 200;

/** How long anything may take that is asked of a process. */
export const deadline = 60_000;

/** What the worker that invalidates tells of a round. */
export interface Invalidated {
  readonly calledAt: readonly number[];
  readonly resolvedAt: readonly number[];
}

/** What a round took. */
export interface Taken {
  /** From the call until the last replica had dropped the entry. */
  readonly p50: number;
  readonly p99: number;
  /** From the call until it resolved, in the median. */
  readonly answered: number;
}
