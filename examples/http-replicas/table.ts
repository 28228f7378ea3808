/**
 * The steps of a scene as a table: a row for each step, a column for each replica that was ever there.
 */
import type { Step } from './stage.js';

export function formatTable(steps: readonly Step[]): string {
  const replicas = [...new Set(steps.flatMap(({ cells }) => [...cells.keys()]))].toSorted((a, b) => a - b);
  const rows = [
    ['step', ...replicas.map((replica) => `#${replica}`), 'agreed', 'ms'],
    ...steps.map((step) => [
      step.title,
      ...replicas.map(
        (replica) => `${step.cells.get(replica) ?? ''}${step.changedBy === replica ? ' *' : ''}`,
      ),
      step.isAgreed ? '✓' : '✗',
      step.milliseconds.toFixed(0),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  const rule = widths.map((width) => '─'.repeat(width)).join('───');
  const [head = '', ...rest] = lines;
  return [head, rule, ...rest, rule, '* took the change over HTTP; the others heard of it'].join('\n');
}
