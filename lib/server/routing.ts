/**
 * From published events to those who want them: work per batch and per distinct set of receivers, not per
 * event. Values are neither parsed nor copied where a receiver wants the whole batch.
 */
import { sliceColumns, type Columns } from '../protocol/columns.js';
import type { Topics } from './topics.js';

/** Who takes events. */
export interface Receiver {
  deliver(columns: Columns): void;
}

/**
 * Hands each event to every receiver of its name but `from`, in order.
 *
 * @returns how many receivers there were for each event, in run lengths.
 */
export function route<R extends Receiver>(topics: Topics<R>, from: R, columns: Columns): readonly number[] {
  const { names, index, lengths } = columns;
  if (index === undefined) {
    return [lengths.length, routeOne(topics, from, columns)];
  }
  const listeners: number[] = [];
  const wantedBy = new Map<R, number[]>();
  for (const [position, name] of names.entries()) {
    const topic = topics.get(name);
    listeners.push(topic === undefined ? 0 : topic.size - (topic.has(from) ? 1 : 0));
    topic?.forEach((receiver) => {
      if (receiver === from) return;
      const wanted = wantedBy.get(receiver);
      if (wanted === undefined) wantedBy.set(receiver, [position]);
      else wanted.push(position);
    });
  }
  const slices = new Map<string, Columns>();
  for (const [receiver, wanted] of wantedBy) {
    if (wanted.length === names.length) {
      receiver.deliver(columns);
      continue;
    }
    const key = wanted.join();
    let slice = slices.get(key);
    if (slice === undefined) {
      slice = sliceColumns(columns, wanted);
      slices.set(key, slice);
    }
    receiver.deliver(slice);
  }
  return runLengths(index, listeners);
}

function routeOne<R extends Receiver>(topics: Topics<R>, from: R, columns: Columns): number {
  const topic = topics.get(columns.names[0] as string);
  if (topic === undefined) return 0;
  let listeners = 0;
  topic.forEach((receiver) => {
    if (receiver === from) return;
    receiver.deliver(columns);
    listeners += 1;
  });
  return listeners;
}

function runLengths(index: readonly number[], listeners: readonly number[]): readonly number[] {
  const runs: number[] = [];
  let length = 0;
  let previous: number | undefined;
  for (const position of index) {
    const count = listeners[position] as number;
    if (previous !== undefined && count !== previous) {
      runs.push(length, previous);
      length = 0;
    }
    previous = count;
    length += 1;
  }
  if (previous !== undefined) runs.push(length, previous);
  return runs;
}
