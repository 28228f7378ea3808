/**
 * What the scenario asks of its hosts.
 */

/** One round. */
export interface Round {
  /** How many values are published. */
  readonly count: number;
  /** How many publishes may be unanswered at a time. */
  readonly window: number;
}

/** How long a round may take, in milliseconds. */
export const roundDeadline = 120_000;
