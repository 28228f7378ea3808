/**
 * What is asked of the processes, and what they answer.
 */

export const media = ['tcp', 'websocket'] as const;

/** What carries the JSON-RPC. */
export type Medium = (typeof media)[number];

/** Characters of a value. */
export const size = 64;

/** What a crowd is to connect to. */
export interface Place {
  readonly port: number;
  readonly connections: number;
}

/** What a round took. */
export interface Taken {
  /** Milliseconds from the first publish until everybody had the last value. */
  readonly elapsed: number;
  /** Nanoseconds of processor time of the server's process meanwhile. */
  readonly processor: number;
}

/** How long a round, or connecting, may take, in milliseconds. */
export const roundDeadline = 120_000;
