/**
 * What the scenario asks of its hosts. Times are in milliseconds.
 */

export const entries = 100_000;
/** Values written or published in a second, all the time. */
export const rate = 1_000;
/** From the first of them to the last. */
export const duration = 4_000;
/** How long that goes on before it counts, and then until somebody joins. */
export const settling = 200;
export const quiet = 1_000;
export const watchers = 2;

/** How long somebody computes who does so instead of joining. */
export const busy = 250;

/** How long anything may take that is asked of a process. */
export const deadline = 120_000;

/** When somebody joined, by the clock of all processes. */
export interface Joined {
  readonly startedAt: number;
  readonly joinedAt: number;
}

/** What a round found out. */
export const figures = [
  'join',
  ...(['p50Before', 'p50During', 'p99Before', 'p99During'] as const),
  ...(['clockBefore', 'clockDuring', 'processorBefore', 'processorDuring'] as const),
] as const;

export type Figure = (typeof figures)[number];
export type Taken = Readonly<Record<Figure, number>>;
