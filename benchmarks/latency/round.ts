/**
 * What the scenario asks of its hosts, and these of their workers. Times are in milliseconds.
 */

export interface Round {
  /** How many values are published. */
  readonly count: number;
  /** In a second; without a rate, each when all subscribers have the one before. */
  readonly rate: number | undefined;
}

/** What a round took. */
export interface Taken {
  /** From publish() to the handler, of all values at all subscribers. */
  readonly median: number;
  readonly p99: number;
  /** From the first publish until the last value was received. */
  readonly elapsed: number;
}

/** How long a round may take. */
export const roundDeadline = 60_000;

export const subscribers = 3;
/** Characters of a value. */
export const size = 64;
