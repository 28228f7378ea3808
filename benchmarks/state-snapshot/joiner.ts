/**
 * The worker that fills the map, once, and then joins it and leaves it, round after round; or computes instead, for as long as
 * that may take.
 */
import type { Entry } from '../contestants/contenders.js';
import { entriesOf, writtenKeys } from '../contestants/entries.js';
import { keeper } from '../contestants/index.js';
import { now } from '../harness/clock.js';
import { serve } from '../harness/serve.js';
import { busy, entries, type Joined } from './round.js';

const [, , entryText, role] = process.argv;
const { contestant: name, address } = JSON.parse(String(entryText)) as Entry;
const kept = keeper(name);
const holder = await kept.hold(address);
/** Of those that are due. */
const mostMissing = kept.mayLackWritten === true ? writtenKeys : 0;

serve({
  fill: () => holder.fill(entriesOf(entries)),
  join: role === 'joiner' ? join : compute,
  leave: () => (role === 'joiner' ? holder.leave() : undefined),
});

async function join(): Promise<Joined> {
  const startedAt = now();
  const { size } = await holder.join();
  const joinedAt = now();
  if (size > entries || size < entries - mostMissing)
    throw new Error(`${size} entries have come instead of ${entries}`);
  return { startedAt, joinedAt };
}

function compute(): Joined {
  const startedAt = now();
  while (now() - startedAt < busy);
  return { startedAt, joinedAt: now() };
}
