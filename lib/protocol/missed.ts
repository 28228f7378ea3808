/**
 * How it is said that events were missed: `{ gap: { reason: 'overflow', names, counts } }`, an element of a batch or
 * a message of its own, for those who have agreed on the capability `gap`. Owns its spelling and its guard, which
 * never throws. See docs/protocol.md, "Gaps".
 */
import { isCount, isObject } from './guards.js';
import type { Malformed, Missed } from './messages.js';

/** What it is spelled as, where the message itself names it. */
export interface SpelledGap {
  readonly reason: 'overflow';
  readonly names: readonly string[];
  readonly counts: readonly number[];
}

export function spellGap({ names, counts }: Missed): SpelledGap {
  return { reason: 'overflow', names, counts };
}

/** What `gap` says: that events were missed, or what is wrong with it. */
export function readGap(gap: unknown): Missed | Malformed {
  const { names, counts } = isObject(gap) ? gap : {};
  if (!Array.isArray(names) || !Array.isArray(counts) || names.length === 0) return nonsense;
  // Loops, since a list may have holes, over which every() would pass.
  for (const name of names) if (typeof name !== 'string') return nonsense;
  for (const count of counts) if (!isCount(count) || count === 0) return nonsense;
  if (counts.length !== names.length || new Set(names).size !== names.length) return nonsense;
  return { kind: 'missed', names: names as string[], counts: counts as number[] };
}

const nonsense: Malformed = {
  kind: 'malformed',
  id: '',
  problem: 'a gap must name its events, and count them',
};
