/**
 * What is measured of a worker that starts, and the messages of those who do it by hand.
 */

/** Who hears the first event how. */
export const kinds = ['clustercast', 'relay'] as const;

export type Kind = (typeof kinds)[number];

/** In milliseconds. */
export interface Stages {
  /** From the fork until the worker's own code began. */
  readonly began: number;
  /** From the fork until its handler had the first event from the primary. */
  readonly heard: number;
}

/** What a worker says when it has heard, by the clock of all processes. */
export interface Heard {
  readonly presence: Stages;
}

export const [ready, first] = ['worker::ready', 'first::event'] as const;
