/**
 * Draws lines over a common axis, each with its name at its end.
 */
import type { Line, LineChart } from '../harness/chart.js';
import { pushedApart } from './apart.js';
import { short, widthOf, wrap } from './lettering.js';
import { linearScale, logScale, steppedScale, type Scale, type ScaleKind } from './scale.js';
import {
  drawn,
  element,
  heading,
  lineHeight,
  margin,
  straight,
  textAt,
  textsAt,
  tones,
  width,
} from './svg.js';

const plotHeight = 320;
const mostName = 200;
/** Between a line's end and its name. */
const leader = 22;
/** A series of no more steps than this has a tick at each. */
const mostSteps = 8;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

type Place = (point: readonly [number, number]) => [number, number];

export function drawLines(chart: LineChart): string {
  const { title, unit, xLabel, lines } = chart;
  const points = lines.flatMap((one) => one.points);
  const names = lines.map(({ label, isOurs }) => wrap(label, mostName, { isStrong: isOurs }));
  const { content: headings, bottom } = heading(title, unit);
  const top = bottom + 18;
  const y = scaleOf(
    points.map((point) => point[1]),
    chart.yScale,
  );
  const ticksWidth = Math.max(...y.ticks.map((tick) => widthOf(short(tick), { size: 12 })));
  const namesWidth = Math.max(
    ...lines.flatMap(({ isOurs: isStrong }, place) =>
      (names[place] ?? []).map((name) => widthOf(name, { isStrong })),
    ),
  );
  const namesHeight = names.reduce((sum, name) => sum + name.length * lineHeight + 3, 0);
  const left = margin + ticksWidth + 8;
  const box: Box = {
    left,
    right: width - margin - namesWidth - leader,
    top,
    bottom: top + Math.max(plotHeight, namesHeight),
  };
  const x = acrossScale(
    points.map((point) => point[0]),
    chart.xScale,
    box.right - box.left,
  );
  const place: Place = ([across, up]) => [
    box.left + x.at(across) * (box.right - box.left),
    box.bottom - y.at(up) * (box.bottom - box.top),
  ];
  const content = [
    ...headings,
    ...drawGrid(x, y, box),
    textAt((box.left + box.right) / 2, box.bottom + 42, xLabel, { class: 'muted', 'text-anchor': 'middle' }),
    ...drawAll(lines, names, place, box),
  ];
  return drawn({ title, description: describe(chart), height: box.bottom + 42 + margin - 6, content });
}

function drawGrid(x: Scale, y: Scale, { left, right, top, bottom }: Box): string[] {
  const across = y.ticks.flatMap((tick) => {
    const at = bottom - y.at(tick) * (bottom - top);
    return [
      straight([left, at], [right, at], 'rule'),
      textAt(left - 8, at + 4, short(tick), { class: 'tick', 'text-anchor': 'end' }),
    ];
  });
  const up = x.ticks.flatMap((tick) => {
    const at = left + x.at(tick) * (right - left);
    return [
      straight([at, bottom], [at, bottom + 5], 'axis'),
      textAt(at, bottom + 20, stepText(tick), { class: 'tick', 'text-anchor': 'middle' }),
    ];
  });
  return [...across, ...up, straight([left, bottom], [right, bottom], 'axis')];
}

function drawAll(
  lines: readonly Line[],
  names: readonly (readonly string[])[],
  place: Place,
  box: Box,
): string[] {
  const ends = lines.map(({ points }) => place(points.at(-1) as readonly [number, number]));
  const wanted = ends.map(([, y], index) => ({
    wanted: y,
    size: (names[index] as readonly string[]).length * lineHeight + 3,
  }));
  const middles = pushedApart(wanted, box.top - 8, box.bottom + 8);
  const classes = classesOf(lines);
  const all = lines.map((one, index) => {
    const { tone, isDashed } = classes[index] as Tone;
    const name = names[index] as readonly string[];
    const end = ends[index] as [number, number];
    const middle = middles[index] as number;
    const points = one.points.map(place);
    const path = points.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
    const first = middle - ((name.length - 1) * lineHeight) / 2 + 4.5;
    const className = `line${one.isOurs ? ' ours' : ''}${isDashed ? ' dashed' : ''}`;
    const drawing = [
      straight([end[0] + 5, end[1]], [box.right + leader - 5, middle], 'leader'),
      element('polyline', { class: className, points: path }),
      ...points.map(([x, y]) => element('circle', { class: 'point', cx: x, cy: y, r: one.isOurs ? 4 : 3 })),
      ...textsAt(box.right + leader, first, name, { class: one.isOurs ? 'name strong' : 'name' }),
    ];
    return { isOurs: one.isOurs, svg: element('g', { class: tone }, drawing.join('')) };
  });
  // Ours are drawn last, and so above the others.
  return all.toSorted((a, b) => Number(a.isOurs) - Number(b.isOurs)).map(({ svg }) => svg);
}

interface Tone {
  readonly tone: string;
  readonly isDashed: boolean;
}

function classesOf(lines: readonly Line[]): Tone[] {
  const seen = { ours: 0, others: 0 };
  return lines.map(({ isOurs }) => {
    const side = isOurs ? 'ours' : 'others';
    const place = seen[side]++;
    return { tone: `${side}-${place % tones[side]}`, isDashed: place >= tones[side] };
  });
}

function scaleOf(values: readonly number[], kind: ScaleKind): Scale {
  return kind === 'log' ? logScale(values) : linearScale(values);
}

/** A few steps have their own ticks, if there is room for them. */
function acrossScale(values: readonly number[], kind: ScaleKind, room: number): Scale {
  const steps = steppedScale(values, kind);
  const places = steps.ticks.map((tick) => ({
    at: steps.at(tick) * room,
    half: widthOf(stepText(tick), { size: 12 }) / 2 + 5,
  }));
  const isLegible = places.every(({ at, half }, index) => {
    const before = places[index - 1];
    return before === undefined || before.at + before.half <= at - half;
  });
  return steps.ticks.length <= mostSteps && isLegible ? steps : scaleOf(values, kind);
}

/** In full where that is not long: 1,024 rather than 1.02 k. */
function stepText(value: number): string {
  return Number.isInteger(value) && value < 1e5 ? value.toLocaleString('en-US') : short(value);
}

function describe({ unit, xLabel, lines }: LineChart): string {
  const said = lines.map(({ label, points }) => {
    const figures = points.map(([x, y]) => `${short(y)} at ${stepText(x)}`);
    return `${label}: ${figures.join(', ')}`;
  });
  return `Lines, ${unit}, over ${xLabel}. ${said.join('. ')}.`;
}
