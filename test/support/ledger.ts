/**
 * Invariant I: for every subscription, values received + values told as gaps = values due; none twice; none out of
 * order. Given what was due, in the server's order, and what a subscription received with its gaps at their places,
 * says exactly what is wrong. Knows no client and no process.
 */
import assert from 'node:assert/strict';

/** What names a value: no two values of one order share it. */
export type Key = string | number;

/** Values that were told as missed, at this place: how many, or `undefined` where that cannot be known. */
export interface Told {
  readonly missed: number | undefined;
}

/** What one subscription received, in order: the keys of values, and gaps between them. */
export type Stream = readonly (Key | Told)[];

export interface AuditOptions {
  /** Whose values are not due to this subscription: those that its own client published. Default: none. */
  readonly isOwn?: (key: Key) => boolean;
  /** It subscribed while others published: what precedes its first value was not due, unless it is told. */
  readonly isLate?: boolean;
  /** It ended, or its process did, while others published: what follows its last entry was not due. */
  readonly isCut?: boolean;
}

/** What is wrong, and at which entry of the stream; after the last one it is what lacks at the end. */
export type Flaw =
  | { readonly kind: 'not due' | 'doubled' | 'out of order'; readonly at: number; readonly key: Key }
  | {
      readonly kind: 'silently missing' | 'gap too small' | 'gap too large';
      readonly at: number;
      /** How many values were told as missed before this entry, and how many never came. */
      readonly told: number;
      readonly missed: number;
    };

export interface Audit {
  readonly due: number;
  readonly received: number;
  /** Values told as missed, without the unknown ones. */
  readonly told: number;
  readonly gaps: number;
  readonly flaws: readonly Flaw[];
}

/** Compares a stream with the order that its server gave. */
export function audit(order: readonly Key[], stream: Stream, options: AuditOptions = {}): Audit {
  const { isOwn = () => false, isLate = false, isCut = false } = options;
  const places = new Map<Key, number>();
  const due = order.filter((key) => !isOwn(key));
  for (const [place, key] of due.entries()) places.set(key, place);
  if (places.size !== due.length) throw new Error('the order itself has a value twice');
  const coming = new Set(stream.filter((entry) => typeof entry !== 'object'));
  const keys = new Set<Key>();
  const flaws: Flaw[] = [];
  let received = 0;
  let gaps = 0;
  let toldInAll = 0;
  /** What is due next, and what was told as missed since the last value. */
  let next = 0;
  let told = 0;
  let isUnknown = false;

  /** Compares what was told with what never came, from `next` to before `place`. */
  const settle = (at: number, place: number, isOpen: boolean): void => {
    let missed = 0;
    for (let skipped = next; skipped < place; skipped += 1) if (!coming.has(due[skipped] as Key)) missed += 1;
    const isEnough = told === missed || ((isOpen || isUnknown) && told < missed);
    const tooSmall = told === 0 ? 'silently missing' : 'gap too small';
    if (!isEnough) flaws.push({ kind: told > missed ? 'gap too large' : tooSmall, at, told, missed });
    told = 0;
    isUnknown = false;
    next = place;
  };

  for (const [at, entry] of stream.entries()) {
    if (typeof entry === 'object') {
      gaps += 1;
      told += entry.missed ?? 0;
      toldInAll += entry.missed ?? 0;
      isUnknown ||= entry.missed === undefined;
      continue;
    }
    received += 1;
    const place = places.get(entry);
    if (place === undefined) flaws.push({ kind: 'not due', at, key: entry });
    else if (keys.has(entry)) flaws.push({ kind: 'doubled', at, key: entry });
    else if (place < next) flaws.push({ kind: 'out of order', at, key: entry });
    else {
      settle(at, place, isLate && next === 0);
      next = place + 1;
    }
    keys.add(entry);
  }
  settle(stream.length, due.length, isCut || (isLate && next === 0));
  return { due: due.length, received, told: toldInAll, gaps, flaws };
}

/** The audit of a stream in which nothing is wrong; fails with all that is, and with `whose` it is. */
export function assertSound(
  order: readonly Key[],
  stream: Stream,
  whose: string,
  options: AuditOptions = {},
): Audit {
  const audited = audit(order, stream, options);
  const { flaws } = audited;
  const more = flaws.length > 10 ? `\nand ${flaws.length - 10} more` : '';
  assert.ok(flaws.length === 0, `${whose}:\n${flaws.slice(0, 10).map(toText).join('\n')}${more}`);
  return audited;
}

function toText(flaw: Flaw): string {
  const what =
    'key' in flaw ? String(flaw.key) : `${flaw.missed} never came, ${flaw.told} of them were told as missed`;
  return `${flaw.kind} at ${flaw.at}: ${what}`;
}
