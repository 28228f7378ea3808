/**
 * What a run has found, in words and tables.
 */
import { kinds, type Kind } from './judge/violations.js';
import type { Outcome, Rest } from './outcome.js';

type Row = readonly (string | number)[];

/** Adds what was not given back to the violations: compares the last rest with the first one. */
export function judgeLeaks({ rests, judge }: Outcome, allowedMebibytes: number): void {
  const [first] = rests;
  const last = rests.at(-1);
  if (first === undefined || last === undefined) return;
  const growth = (last.held - first.held) / 2 ** 20;
  if (growth > allowedMebibytes) {
    judge.violations.add('leak', `${growth.toFixed(1)} MiB more held than after the warm-up`);
  }
  if (first.descriptors !== last.descriptors) {
    judge.violations.add(
      'leak',
      `${last.descriptors} descriptors open, and ${first.descriptors} after the warm-up`,
    );
  }
}

export function describe(outcome: Outcome): string {
  const { judge, time, seed, rests } = outcome;
  const { tally, violations } = judge;
  return [
    `Seed ${seed}, ${(time / 60_000).toFixed(1)} minutes, Node.js ${process.version}`,
    table('For every subscription: received + told as missed = due', [
      ['subscriptions judged', judge.subscriptions],
      ['values due', tally.due],
      ['received', tally.received],
      ['told as missed', tally.told],
      ['missed, told without a count', tally.uncounted],
      ['gaps told', tally.gaps],
    ]),
    table(
      'Violations',
      (Object.keys(kinds) as Kind[]).map((kind) => [kinds[kind], violations.counts.get(kind) ?? 0]),
    ),
    ...(violations.details.length > 0 ? [['The first ones:', ...violations.details].join('\n  ')] : []),
    table('What happened', happenings(outcome)),
    table('At rest, in the primary', [
      ['after', 'held, MiB', 'resident, MiB', 'descriptors', 'connections', 'subscriptions'],
      ...rests.map(restRow),
    ]),
  ].join('\n\n');
}

function happenings({ judge, time, faults, liveness, crowd, server }: Outcome): Row[] {
  return [
    ['values published', judge.published],
    ['a second, rests included', Math.round(judge.published / (time / 1000))],
    ['answered as accepted', judge.accepted],
    ...[...judge.errors].map(([code, count]): Row => [`answered ${code}`, count]),
    ['workers killed', faults.killed],
    ['workers stopped', faults.stopped],
    ['workers found stale', liveness.stale],
    ['workers that recovered', liveness.recovered],
    ['remote clients that came', crowd.came],
    ['of them slow', crowd.slow],
    ['remote clients stopped', crowd.stopped],
    ['remote clients killed', crowd.killed],
    ['remote clients that left', crowd.left],
    ['connections accepted', server.accepted],
    ['events handed to connections', server.delivered],
    ['events not sent to connections that were behind', server.missed],
    ['gaps told to connections', server.gaps],
    ...Object.entries(server.turnedAway).map(([limit, count]): Row => [
      `turned away by ${limit}`,
      count ?? 0,
    ]),
  ];
}

function restRow({ time, held, resident, descriptors, connections, subscriptions }: Rest): Row {
  return [
    `${(time / 60_000).toFixed(1)} min`,
    (held / 2 ** 20).toFixed(1),
    (resident / 2 ** 20).toFixed(1),
    descriptors ?? 'unknown',
    connections,
    subscriptions,
  ];
}

/** Columns as wide as needed, the first to the left, the others to the right. */
function table(title: string, rows: readonly Row[]): string {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)),
  );
  const widths: number[] = [];
  for (const row of texts) {
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  }
  const lines = texts.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  return [title, ...lines.map((line) => `  ${line}`)].join('\n');
}
