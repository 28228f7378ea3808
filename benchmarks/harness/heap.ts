/**
 * The memory that this process holds, after garbage collection. Needs `--expose-gc`.
 */

/** In bytes. */
export interface Held {
  /** What is reachable: on the heap, and outside of it for what is there. */
  readonly heap: number;
  /** What the system counts, with all that V8 holds ready. */
  readonly resident: number;
}

export async function held(): Promise<Held> {
  if (globalThis.gc === undefined) throw new Error('start this with --expose-gc');
  // What the first collection lets go of (closures, weak references) the second one frees.
  for (let collection = 0; collection < 3; collection++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: heapUsed + external, resident: rss };
}
