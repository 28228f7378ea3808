/**
 * What is required of the figures: medians of the ratios within a round.
 */
import type { Samples } from '../harness/interleave.js';
import type { Requirement } from '../harness/scenario.js';
import { median, ratios } from '../harness/statistics.js';
import { floor, ours, oursHalf, oursJson } from './cases.js';

interface Bound {
  readonly inCase: string;
  readonly of: string;
  readonly against: string;
  readonly atLeast: number;
}

const bounds: readonly Bound[] = [
  { inCase: '64b', of: ours, against: floor, atLeast: 12 },
  { inCase: '64b', of: oursJson, against: floor, atLeast: 7 },
  { inCase: '64b', of: ours, against: 'nats', atLeast: 2.5 },
  { inCase: '64b', of: ours, against: 'ioredis', atLeast: 6 },
  { inCase: '64b', of: ours, against: 'socket.io', atLeast: 10 },
  { inCase: '64b', of: ours, against: 'limit', atLeast: 0.7 },
  { inCase: '64b-100-names', of: ours, against: 'limit', atLeast: 0.55 },
  { inCase: '64b-100-names', of: oursHalf, against: ours, atLeast: 0.5 },
  { inCase: '1kib', of: ours, against: 'nats', atLeast: 1 },
  { inCase: '1kib', of: ours, against: 'limit', atLeast: 0.6 },
];

/** Of what was measured in a case; nothing of contenders that were not. */
export function requiredIn(inCase: string, samples: Samples): Requirement[] {
  return bounds.flatMap((bound) => {
    const [series, base] = [samples.get(bound.of), samples.get(bound.against)];
    if (bound.inCase !== inCase || series === undefined || base === undefined) return [];
    return {
      what: `${inCase}: ${bound.of}: times ${bound.against}`,
      actual: median(ratios(series, base)),
      bound: bound.atLeast,
      is: 'at least',
    };
  });
}
