/**
 * What the scenario asks of its hosts, and these of their workers. Times are in milliseconds.
 */

export interface Round {
  /** How many values are published. */
  readonly count: number;
  /** In a second; without a rate, each when all subscribers have the one before. */
  readonly rate: number | undefined;
}

/** Who receives, and what counts. */
export interface Setup {
  readonly subscribers: number;
  /** Of each value: how long it took to each of them, or to the last one. */
  readonly counts: 'each' | 'last';
}

/** When values were published, and answered. */
export interface Published {
  readonly publishedAt: readonly number[];
  readonly answeredAt: readonly number[];
}

/** What a round took. */
export interface Taken {
  /** From publish() to the handler. */
  readonly median: number;
  readonly p99: number;
  /** From publish() to its answer. */
  readonly answered: number;
  /** From the first publish until the last value was received. */
  readonly elapsed: number;
}

/** How long a round may take. */
export const roundDeadline = 60_000;

/** Characters of a value. */
export const size = 64;
