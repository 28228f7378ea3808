/**
 * What is published in a case, by whom, and who wants what of it; known to all processes of a host. Workers have
 * numbers: publishers come first.
 */
import type { Answers, Pubsub } from '../contestants/contestant.js';

export interface Workload {
  readonly publishers: number;
  /** Workers that do not publish. */
  readonly subscribers: number;
  /** Whether publishers subscribe as well. */
  readonly isMutual: boolean;
  /** Characters of a value. */
  readonly size: number;
  /** How many event names are published to, one after the other. */
  readonly names: number;
  /** Subscribers want every name (1), or every second one (2): not all of them the same. */
  readonly every: 1 | 2;
}

/** One round. */
export interface Round {
  /** How many values each publisher publishes: a multiple of the number of names, and of two. */
  readonly count: number;
}

/** How long a round may take, in milliseconds. */
export const roundDeadline = 120_000;

/** How many bytes of values may be unanswered at a time; and at most as many values. */
const windowBytes = 4 * 2 ** 20;
const mostUnanswered = 4_096;

export function workersOf({ publishers, subscribers }: Workload): number {
  return publishers + subscribers;
}

/** How many publishes of one publisher may be unanswered at a time. */
export function windowOf({ publishers, size }: Workload): number {
  return Math.min(mostUnanswered, windowBytes / size) / publishers;
}

/**
 * How many values may be under way to the slowest receiver, where publishes are not answered: more, since an answer
 * does not wait for receivers.
 */
export function followedWindowOf(workload: Workload): number {
  return 4 * windowOf(workload);
}

/** After how many values receivers tell publishers that are not answered how far they are. */
export function progressStep(workload: Workload): number {
  return windowOf(workload) / 8;
}

export function subscribes({ publishers, isMutual }: Workload, worker: number): boolean {
  return isMutual || worker >= publishers;
}

/** Values with these numbers have the name at this position; so have those that are multiples of `names` further. */
export function wants({ every }: Workload, worker: number, position: number): boolean {
  return (position + worker) % every === 0;
}

export function eventAt(position: number): string {
  return `user::updated-${String(position).padStart(2, '0')}`;
}

/** What the answer to a publish of a worker has to say, by the position of the name; nothing if it says nothing. */
export function expectedAnswers(
  workload: Workload,
  { answers, echoes }: Pick<Pubsub, 'answers' | 'echoes'>,
  publisher: number,
): number[] | undefined {
  if (saysNothing(answers)) return undefined;
  const others = Array.from({ length: workersOf(workload) }, (_, worker) => worker).filter(
    (worker) => worker !== publisher || echoes === true,
  );
  return Array.from({ length: workload.names }, (_, position) =>
    answers === 'workers'
      ? others.length
      : others.filter((worker) => subscribes(workload, worker) && wants(workload, worker, position)).length,
  );
}

/** How many values others receive when every publisher publishes `count`. */
export function deliveriesOf(workload: Workload, count: number): number {
  let deliveries = 0;
  for (let worker = 0; worker < workersOf(workload); worker++) {
    if (!subscribes(workload, worker)) continue;
    const heard = workload.publishers - (worker < workload.publishers ? 1 : 0);
    deliveries += (heard * count) / workload.every;
  }
  return deliveries;
}

function saysNothing(answers: Answers): boolean {
  return answers === 'receipt' || answers === 'nothing';
}
