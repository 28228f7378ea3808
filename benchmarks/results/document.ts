/**
 * The page of results: what is required and what was measured, then a section for each scenario. It is made of what is
 * kept alone, so that a scenario can be measured without the others.
 */
import { isMet, type Requirement } from '../harness/scenario.js';
import type { Table } from '../harness/table.js';
import type { Section } from './section.js';

const introduction = `# Results of the benchmarks

<!-- Written by \`npm run bench\` from results.json: change the scenarios instead. -->

How each figure comes about is said in its section, and in general in [README.md](README.md). Absolute figures are those of one
machine; only ratios within one scenario can be compared, and those only where the spread is small.

To repeat everything, which writes this page anew:

\`\`\`sh
npm ci
npm run bench
\`\`\``;

export function documentOf(sections: readonly Section[]): string {
  const blocks = [introduction, requirementsOf(sections), ...sections.map(sectionText), packagesOf(sections)];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function requirementsOf(sections: readonly Section[]): string {
  const all = sections.flatMap((section) => section.requirements.map((one) => ({ section, one })));
  if (all.length === 0) return '';
  const rows = all.map(({ section, one }) => [
    linkTo(section),
    escapeMarkdown(one.what),
    `${one.is} ${figureText(one.bound)}`,
    measuredText(one),
    isMet(one) ? 'met' : '**NOT met**',
  ]);
  const met = all.filter(({ one }) => isMet(one)).length;
  const table = markdownTable(['scenario', 'what', 'required', 'measured', 'result'], rows, 2);
  return `## Requirements\n\n${met} of ${all.length} are met.\n\n${table}`;
}

function sectionText(section: Section): string {
  const { name, summary, method, tables, charts, date, rounds, machine, versions = {} } = section;
  const times = rounds === 1 ? '1 round' : `${rounds} rounds`;
  const conditions = [`Measured on ${date} in ${times} on: ${escapeMarkdown(machine)}.`];
  const beside = Object.entries(versions).map(([what, version]) => escapeMarkdown(`${what} ${version}`));
  if (beside.length > 0) conditions.push(`Beside it: ${beside.join(', ')}.`);
  return [
    `## ${name}`,
    `${escapeMarkdown(summary)}.`,
    conditions.join('\n'),
    // Prettier would take an item after a line of text for a part of it.
    method.replace(/\n(?=- )/, '\n\n'),
    ...charts.map((chart) => `![${escapeMarkdown(chart.title)}](charts/${chart.name}.svg)`),
    ...tables.map(tableText),
    `To repeat: \`npm run bench -- ${name}\`; with \`--save\` it replaces this section.`,
  ].join('\n\n');
}

function tableText({ title, head, rows }: Table): string {
  const escaped = [head, ...rows].map((row) => head.map((_, column) => escapeMarkdown(row[column] ?? '')));
  return `**${escapeMarkdown(title)}**\n\n${markdownTable(escaped[0] ?? [], escaped.slice(1), 1)}`;
}

/** Sections may be of different days, and so beside different versions. */
function packagesOf(sections: readonly Section[]): string {
  const names = [...new Set(sections.flatMap(({ packages }) => Object.keys(packages)))].toSorted();
  if (names.length === 0) return '';
  const rows = names.map((name) => {
    const users = usersOf(sections, name);
    const versions = [...users].map(([version, scenarios]) =>
      users.size === 1 ? version : `${version} (${scenarios.join(', ')})`,
    );
    return [escapeMarkdown(name), versions.join(', ')];
  });
  return `## Packages\n\nWhat was installed when it was measured:\n\n${markdownTable(['package', 'version'], rows, 2)}`;
}

function usersOf(sections: readonly Section[], name: string): Map<string, string[]> {
  const users = new Map<string, string[]>();
  for (const section of sections) {
    const version = section.packages[name] ?? 'not installed';
    users.set(version, [...(users.get(version) ?? []), section.name]);
  }
  return users;
}

/** The first columns to the left, figures to the right. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[], left: number): string {
  const rule = head.map((_, column) => (column < left ? '---' : '--:'));
  return [head, rule, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** Text that is to be read as it is. */
function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

function linkTo({ name }: Section): string {
  return `[${name}](#${name})`;
}

/** Three digits, or as many more as it takes to see on which side of the bound it is. */
function measuredText(requirement: Requirement): string {
  for (let digits = 3; digits < 16; digits++) {
    const shown = Number(requirement.actual.toPrecision(digits));
    if (isMet({ ...requirement, actual: shown }) === isMet(requirement)) return figureText(shown);
  }
  return String(requirement.actual);
}

function figureText(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 15 });
}
