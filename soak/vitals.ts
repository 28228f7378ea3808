/**
 * What the primary holds: memory after garbage collection, and open descriptors.
 */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

export interface Vitals {
  /** Bytes on V8's heap and beside it, after garbage collection. */
  readonly held: number;
  /** Bytes of the machine's memory. */
  readonly resident: number;
  /** `undefined` where the system does not tell. */
  readonly descriptors: number | undefined;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export function takeVitals(): Vitals {
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { held: heapUsed + external, resident: rss, descriptors: countDescriptors() };
}

/** As {@link takeVitals}, when what ends has had the time to: for comparisons. */
export async function takeVitalsAtRest(): Promise<Vitals> {
  // What is let go in one turn may be freed by a finalizer or a callback in the next.
  for (let turn = 0; turn < 4; turn++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return takeVitals();
}

function countDescriptors(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}
