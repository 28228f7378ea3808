/**
 * How entries are read, and what the processes of a host are asked for.
 */
import type { Holder, Local } from '../contestants/contestant.js';

/**
 * From local memory; the same with an `await` for each; or where they are kept, one when the one before has come, or many at
 * a time.
 */
export type Way = 'local' | 'awaited' | 'asked' | 'pipelined';

/** What a worker is to read in a round. */
export interface Task {
  readonly way: Way;
  /** How often, in all. */
  readonly reads: number;
}

/** How long anything may take that is asked of a process, in milliseconds. */
export const deadline = 120_000;

/** How many are asked for at a time where many are. */
export const together = 256;

/** How many reads a round has: so that it takes a tenth of a second or more. */
export const readsOf: Readonly<Record<Way, number>> = {
  local: 2_000_000,
  awaited: 500_000,
  asked: 2_000,
  pipelined: 20_480,
};

/** Reads all keys in turn, again and again. All of these tell how many characters were read. */
export function readLocally(local: Local, keys: readonly string[], reads: number): number {
  let characters = 0;
  for (let left = reads; left > 0; left -= keys.length) {
    const count = Math.min(left, keys.length);
    for (let position = 0; position < count; position++)
      characters += (local.get(keys[position] as string) as string).length;
  }
  return characters;
}

export async function readAwaiting(holder: Holder, keys: readonly string[], reads: number): Promise<number> {
  let characters = 0;
  for (let left = reads; left > 0; left -= keys.length) {
    const count = Math.min(left, keys.length);
    for (let position = 0; position < count; position++)
      characters += ((await holder.ask(keys[position] as string)) as string).length;
  }
  return characters;
}

export async function readTogether(holder: Holder, keys: readonly string[], reads: number): Promise<number> {
  let characters = 0;
  for (let first = 0; first < reads; first += together) {
    const values = await Promise.all(
      Array.from({ length: together }, (_, offset) =>
        Promise.resolve(holder.ask(keys[(first + offset) % keys.length] as string)),
      ),
    );
    for (const value of values) characters += (value as string).length;
  }
  return characters;
}
