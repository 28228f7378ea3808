/**
 * What must not happen, counted by kind, with the first ones in words.
 */

export const kinds = {
  missing: 'values missing, and not told',
  twice: 'values received twice',
  late: 'values received out of order',
  foreign: 'values received that nobody published, or its own',
  damaged: 'values received damaged',
  miscounted: 'gaps with a wrong count, or at a wrong place',
  crossed: 'values of several events out of their common order',
  unfinished: 'subscriptions that never came to their end',
  unordered: 'publishes of one client out of order, or twice',
  untrue: 'publishes whose answer was not true',
  reference: 'gaps told to the reference itself',
  death: 'processes that ended by themselves',
  leftover: 'connections or subscriptions left on the server',
  leak: 'memory or descriptors not given back',
} as const;

export type Kind = keyof typeof kinds;

/** So many are kept in words. */
const told = 20;

export class Violations {
  readonly counts: Map<Kind, number> = new Map<Kind, number>();
  readonly details: string[] = [];

  add(kind: Kind, detail: string, count = 1): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + count);
    if (this.details.length < told) this.details.push(`${kinds[kind]}: ${detail}`);
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }
}
