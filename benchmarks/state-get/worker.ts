/**
 * One worker that reads. Its keys are strings of its own, as those of a request are, and in an order that no cache guesses.
 */
import type { Entry } from '../contestants/contenders.js';
import type { Local } from '../contestants/contestant.js';
import { entriesOf, keyAt, valueSize } from '../contestants/entries.js';
import { keeper } from '../contestants/index.js';
import { now } from '../harness/clock.js';
import { serve } from '../harness/serve.js';
import { readAwaiting, readLocally, readTogether, type Task, type Way } from './reading.js';

const [, , entryText] = process.argv;
const { contestant: name, address } = JSON.parse(String(entryText)) as Entry;
const holder = await keeper(name).hold(address);
let local: Local | undefined;
let keys: readonly string[] = [];

serve({
  fill: (size: number) => holder.fill(entriesOf(size)),
  prepare,
  read,
});

async function prepare({ size, isLocal }: { size: number; isLocal: boolean }): Promise<void> {
  keys = shuffled(Array.from({ length: size }, (_, number) => keyAt(number)));
  if (!isLocal) return;
  local = await holder.join();
  if (local.size !== size) throw new Error(`${local.size} entries are here instead of ${size}`);
}

/** Resolves to the nanoseconds that one read took. */
async function read({ way, reads }: Task): Promise<number> {
  const startedAt = now();
  const characters = await readAll(way, reads);
  const elapsed = now() - startedAt;
  if (characters !== reads * valueSize)
    throw new Error(`${characters} characters were read of ${reads} values`);
  return (elapsed * 1e6) / reads;
}

function readAll(way: Way, reads: number): Promise<number> | number {
  if (local !== undefined) return readLocally(local, keys, reads);
  return way === 'pipelined' ? readTogether(holder, keys, reads) : readAwaiting(holder, keys, reads);
}

/** Always the same order. */
function shuffled(all: readonly string[]): string[] {
  const result = [...all];
  let state = 1;
  for (let end = result.length - 1; end > 0; end--) {
    // A generator of 31 bits: good enough to put cards in disorder.
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    const other = Math.floor((state / 0x80000000) * (end + 1));
    [result[end], result[other]] = [result[other] as string, result[end] as string];
  }
  return result;
}
