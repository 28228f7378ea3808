/** Publishes so many values a second, whatever becomes of them, until it is stopped. */
import type { Client, PubSubError } from 'clustercast';
import { keyOf, valueOf } from './fault-values.js';

/** How many publishes ended how: `answered`, or the code of the error. */
export type Outcomes = Record<string, number>;

export interface Flood {
  /** Resolves when every publish is settled. */
  stop(): Promise<Outcomes>;
}

const tick = 5;

export function flood(
  client: Client,
  event: string,
  publisher: number,
  perSecond: number,
  length: number,
): Flood {
  const outcomes: Outcomes = {};
  const pending = new Set<Promise<void>>();
  const start = performance.now();
  let published = 0;
  let n = 0;
  const count = async (publish: Promise<unknown>): Promise<void> => {
    const outcome = await outcomeOf(publish);
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const timer = setInterval(() => {
    const due = ((performance.now() - start) / 1_000) * perSecond;
    // What could not be published while the process was not running is not made up for at once.
    const most = published + perSecond / 10;
    for (; published < due; published += 1) {
      if (published >= most) continue;
      const settled = count(client.publish(event, valueOf(keyOf(publisher, n++), length)));
      pending.add(settled);
      void settled.then(() => pending.delete(settled));
    }
  }, tick);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
      return outcomes;
    },
  };
}

/** What became of a publish. */
export function outcomeOf(published: Promise<unknown>): Promise<string> {
  return published.then(
    () => 'answered',
    (error: unknown) => (error as PubSubError).code,
  );
}

export function tally(outcomes: readonly string[]): Outcomes {
  const counts: Outcomes = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}
