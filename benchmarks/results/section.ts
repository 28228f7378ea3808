/**
 * What is kept of a scenario's run: its report without the single measurements, and under which conditions it was
 * made.
 */
import type { Chart } from '../harness/chart.js';
import type { Report, Requirement, Scenario } from '../harness/scenario.js';

export interface Section extends Omit<Report, 'samples'>, Conditions {
  readonly name: string;
  readonly summary: string;
  readonly rounds: number;
}

/** What figures may depend on. */
export interface Conditions {
  /** The day, as in 2030-12-31. */
  readonly date: string;
  readonly machine: string;
  /** Of the npm packages that are installed for the benchmarks. */
  readonly packages: Readonly<Record<string, string>>;
}

/** @throws Error where the report has something that cannot be shown. */
export function sectionOf(
  { name, summary }: Scenario,
  rounds: number,
  report: Report,
  conditions: Conditions,
): Section {
  const { samples: _, ...kept } = report;
  kept.charts.forEach(checkChart);
  kept.requirements.forEach(checkRequirement);
  return { name, summary, ...conditions, rounds, ...kept };
}

/**
 * The sections with one replaced, or added, in the order of the scenarios. What is no scenario any more is dropped.
 *
 * @throws Error where two charts would be the same file.
 */
export function withSection(
  sections: readonly Section[],
  section: Section,
  scenarios: readonly string[],
): Section[] {
  const all = [...sections.filter(({ name }) => name !== section.name), section];
  const ordered = scenarios.flatMap((scenario) => all.filter(({ name }) => name === scenario));
  const charts = ordered.flatMap((one) => one.charts.map(({ name }) => name));
  const twice = charts.find((name, place) => charts.indexOf(name) !== place);
  if (twice !== undefined) throw new Error(`there are two charts of the name ${twice}`);
  return ordered;
}

/** A figure that is none would be drawn as something, and kept as null, which is less than any bound. */
function checkRequirement({ what, actual, bound }: Requirement): void {
  if (![actual, bound].every(Number.isFinite))
    throw new Error(`"${what}" is ${actual}, with a bound of ${bound}`);
}

function checkChart(chart: Chart): void {
  const refuse = (problem: string): never => {
    throw new Error(`the chart ${chart.name} ${problem}`);
  };
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(chart.name)) refuse('has a name that is not in kebab-case');
  const parts = chart.kind === 'bars' ? chart.groups : chart.lines;
  const sizes =
    chart.kind === 'bars' ? chart.groups.map(({ bars }) => bars) : chart.lines.map((line) => line.points);
  if (parts.length === 0 || sizes.some(({ length }) => length === 0)) refuse('shows nothing');
  if (!figuresOf(chart).every(Number.isFinite)) refuse('has a figure that is none');
  if (chart.kind === 'bars') {
    for (const { label, median, min, max } of chart.groups.flatMap(({ bars }) => bars)) {
      if (!(min <= median && median <= max)) refuse(`has a median of ${label} that is not within its spread`);
    }
    return;
  }
  const points = chart.lines.flatMap((line) => line.points);
  if (chart.xScale === 'log' && points.some(([x]) => x <= 0))
    refuse('has an x of 0 or less on a logarithmic axis');
  if (chart.yScale === 'log' && points.some(([, y]) => y <= 0))
    refuse('has a y of 0 or less on a logarithmic axis');
  for (const { label, points: own } of chart.lines) {
    if (own.some(([x], place) => x < (own[place - 1]?.[0] ?? x)))
      refuse(`has a line, ${label}, that goes backward`);
  }
}

function figuresOf(chart: Chart): number[] {
  return chart.kind === 'bars'
    ? chart.groups.flatMap(({ bars }) => bars.flatMap(({ median, min, max }) => [median, min, max]))
    : chart.lines.flatMap(({ points }) => points.flat());
}
