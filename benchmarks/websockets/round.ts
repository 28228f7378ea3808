/**
 * What is asked of the processes, and what they answer.
 */

/** One round: what a host is to publish. */
export interface Round {
  /** How many values, in all. */
  readonly count: number;
  /** How many of them in one turn of the event loop; the next ones when these have reached everybody. */
  readonly perTurn: number;
  /** Characters in each. */
  readonly size: number;
}

/** What a round took. */
export interface Taken {
  /** Milliseconds from the first publish until everybody had the last value. */
  readonly elapsed: number;
  /** Milliseconds of processor time of the server's process meanwhile. */
  readonly processor: number;
}

/** What a crowd is to connect to. */
export interface Place {
  readonly port: number;
  readonly connections: number;
}

/** What a crowd is to receive in a round. */
export interface Expected extends Round {
  /** The number of the first value. */
  readonly first: number;
}

/** How long a round may take, in milliseconds. */
export const roundDeadline = 120_000;
