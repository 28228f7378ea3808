/**
 * Draws groups of horizontal bars, all from zero: the median as the bar and in figures, minimum and maximum as a
 * thin line.
 */
import type { Bar, BarChart, BarGroup } from '../harness/chart.js';
import { short, widthOf, wrap } from './lettering.js';
import { drawn, element, heading, lineHeight, margin, straight, textAt, textsAt, width } from './svg.js';

const barHeight = 18;
const barGap = 9;
const groupGap = 20;
const mostLabel = 270;
/** Beside a bar: its figures. */
const figures = 72;
/** A spread that goes further than this many times the longest bar is cut off, so that it does not make all bars short. */
const longestSpread = 1.25;
/** Groups whose longest bars differ by more than this have scales of their own. */
const mostDifference = 12;

interface Area {
  /** Where bars begin. */
  readonly left: number;
  readonly room: number;
}

export function drawBars(chart: BarChart): string {
  const { title, unit, groups } = chart;
  const bars = groups.flatMap((group) => group.bars);
  const labels = Math.min(
    mostLabel,
    Math.max(...bars.map(({ label, isOurs }) => widthOf(label, { isStrong: isOurs }))),
  );
  const left = margin + labels + 10;
  const area: Area = { left, room: width - left - margin - figures };
  const lengths = groups.map(longestOf);
  const isShared = Math.max(...lengths) <= mostDifference * Math.min(...lengths);

  const notes = `${unit} — bar: median, thin line: minimum to maximum`;
  const { content, bottom } = heading(title, isShared ? notes : `${notes}; each group has its own scale`);
  let y = bottom + lineHeight;

  for (const [place, group] of groups.entries()) {
    if (group.title !== '') {
      y += groupGap;
      content.push(textAt(margin, y, group.title, { class: 'group' }));
    }
    y += 12;
    const begin = y;
    const scale = isShared ? Math.max(...lengths) : (lengths[place] as number);
    for (const bar of group.bars) {
      const lines = wrap(bar.label, mostLabel, { isStrong: bar.isOurs });
      const height = Math.max(barHeight, lines.length * lineHeight);
      content.push(drawBar(bar, lines, y + height / 2, (value) => toRoom(value / scale), area));
      y += height + barGap;
    }
    content.push(straight([left, begin - 4], [left, y - barGap + 4], 'axis'));
  }
  return drawn({ title, description: describe(chart), height: y - barGap + margin, content });

  function toRoom(part: number): number {
    return Math.min(Math.max(part, 0), 1) * area.room;
  }
}

function drawBar(
  { median, min, max, isOurs }: Bar,
  label: readonly string[],
  middle: number,
  length: (value: number) => number,
  { left, room }: Area,
): string {
  const [end, from, to] = [length(median), length(min), length(max)].map((one) => left + one) as [
    number,
    number,
    number,
  ];
  const first = middle - ((label.length - 1) * lineHeight) / 2 + 4.5;
  const parts = [
    ...textsAt(left - 10, first, label, { 'text-anchor': 'end' }),
    element('rect', {
      class: 'bar',
      x: left,
      y: middle - barHeight / 2,
      width: Math.max(end - left, 1),
      height: barHeight,
    }),
  ];
  const isCut = to >= left + room - 0.01 && max > median * longestSpread;
  const far = isCut ? `l-5 -4 m5 4 l-5 4` : `m0 -4 v8`;
  if (to - from > 1) {
    parts.push(
      element('path', {
        class: 'spread',
        d: `M${fixed(from)} ${fixed(middle - 4)} v8 m0 -4 H${fixed(to)} ${far}`,
      }),
    );
  }
  parts.push(textAt(Math.max(end, to) + 8, middle + 4.5, short(median), { class: 'value' }));
  return element('g', isOurs ? { class: 'ours' } : {}, parts.join(''));
}

/** The figure at the end of the room that a group's bars have. */
function longestOf({ bars }: BarGroup): number {
  const median = Math.max(...bars.map((bar) => bar.median));
  const max = Math.max(...bars.map((bar) => bar.max));
  return Math.min(max, median * longestSpread) || 1;
}

function describe({ unit, groups }: BarChart): string {
  const said = groups.map(({ title, bars }) => {
    const figuresOf = bars.map(
      ({ label, median, min, max }) => `${label} ${short(median)} (${short(min)} to ${short(max)})`,
    );
    return `${title === '' ? '' : `${title}: `}${figuresOf.join(', ')}`;
  });
  return `Bars, ${unit}. ${said.join('. ')}.`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
