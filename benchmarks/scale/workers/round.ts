/**
 * What is asked of a cluster and of its workers, and what they answer.
 */

/** One round. */
export interface Round {
  /** How many values are published. */
  readonly count: number;
}

export interface Taken {
  /** Milliseconds from the first publish until everything was answered and received. */
  readonly elapsed: number;
  /** Nanoseconds of processor time of the primary meanwhile. */
  readonly primary: number;
  /** Of the primary and all workers. */
  readonly all: number;
}

/** What a worker has to say of a round. */
export interface Ended {
  /** When it was done, by the clock of all. */
  readonly at: number;
  /** Nanoseconds of its processor time since it was told of the round. */
  readonly processor: number;
}

/** How long a round may take, in milliseconds. */
export const roundDeadline = 60_000;
