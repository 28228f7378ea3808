/**
 * What is asked of the processes, and what they answer. All times are in milliseconds, moments by the clock of `clock.ts`.
 */

/** One round, as the scenario asks for it. */
export interface Round {
  /** Values published in a second, in all. */
  readonly rate: number;
  /** From the first value to the last. */
  readonly duration: number;
  /** From the first value until one worker is stopped, where one is. */
  readonly stopAfter: number;
  /** Until it goes on. */
  readonly stopFor: number;
  /** How long after that latencies still count: the backlog is sent then. */
  readonly aftermath: number;
}

/** What one worker is to do in a round. */
export interface Task {
  /** When to publish the first value. */
  readonly startAt: number;
  readonly duration: number;
  /** Values that it publishes in a second; 0 if it only listens. */
  readonly rate: number;
  /** Latencies count of the values that were published between these two. */
  readonly from: number;
  readonly to: number;
}

/** What a worker has received. */
export interface Heard {
  readonly received: number;
  readonly gaps: readonly Told[];
  /** Of each value that counts, from its publish() to the handler. */
  readonly latencies: Float64Array;
  /** When it had all. */
  readonly finishedAt: number;
}

/** A gap, as it was told. */
export interface Told {
  readonly count: number;
  readonly at: number;
}

/** What a round took. */
export interface Taken {
  /** Of the workers that nobody stopped. */
  readonly latency: { readonly median: number; readonly p99: number; readonly max: number };
  /** Bytes that the primary held more than before the round: at most in it, and afterwards. */
  readonly memory: {
    readonly peakHeld: number;
    readonly peakResident: number;
    readonly held: number;
    readonly resident: number;
  };
  /** Of the worker that is stopped, or would be. */
  readonly victim: {
    readonly due: number;
    readonly received: number;
    readonly gaps: number;
    readonly missed: number;
    /** From the moment at which it went on until it was told, and until it had all. */
    readonly toldAfter: number;
    readonly currentAfter: number;
  };
}

/** How long a round may take. */
export const roundDeadline = 120_000;
