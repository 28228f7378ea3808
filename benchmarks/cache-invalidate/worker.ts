/**
 * One worker with a cache: the first one invalidates, all others drop.
 */
import type { Entry } from '../contestants/contenders.js';
import { entriesOf, keyAt } from '../contestants/entries.js';
import { cacher } from '../contestants/index.js';
import { now } from '../harness/clock.js';
import { ProgressListener, ProgressTeller } from '../harness/progress.js';
import { serve } from '../harness/serve.js';
import { entries, invalidated, type Invalidated } from './round.js';

const [, , entryText, role] = process.argv;
const { contestant: name, address, folder } = JSON.parse(String(entryText)) as Entry;
const socket = `${folder}progress`;
const holder = await cacher(name).hold(address);
const progress = role === 'invalidating' ? await ProgressListener.listen(socket) : undefined;
let droppedAt: number[] = [];
let all = 0;

serve({ follow, fill, invalidate, dropped });

/** Tells the worker that invalidates what is dropped here, where that can be seen. */
async function follow(): Promise<void> {
  if (holder.onDropped === undefined) return;
  const teller = await ProgressTeller.connect(socket);
  holder.onDropped(() => {
    droppedAt.push(now());
    teller.tell();
  });
}

async function fill(): Promise<void> {
  droppedAt = [];
  await holder.fill(entriesOf(entries));
}

/** One after the other, each when all others have dropped the one before. */
async function invalidate(): Promise<Invalidated> {
  const calledAt: number[] = [];
  const resolvedAt: number[] = [];
  for (let number = 0; number < invalidated; number++) {
    const due = ++all;
    const everywhere = holder.onDropped === undefined ? undefined : reached(due);
    calledAt.push(now());
    await holder.invalidate(keyAt(number));
    resolvedAt.push(now());
    await everywhere;
  }
  return { calledAt, resolvedAt };
}

function reached(due: number): Promise<void> {
  return new Promise((resolve) => {
    if (progress !== undefined) {
      progress.onProgress = (least) => {
        if (least === due) resolve();
      };
    }
  });
}

/** When each was dropped, where that can be seen. What was invalidated has to be gone, and nothing else. */
async function dropped(): Promise<readonly number[]> {
  for (let number = 0; number <= invalidated; number++) {
    const isHere = await holder.has(keyAt(number));
    const isDue = number === invalidated;
    if (isHere !== isDue) throw new Error(`entry ${number} is ${isHere ? 'still here' : 'gone'}`);
  }
  return droppedAt;
}
