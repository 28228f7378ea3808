/**
 * The run as a picture: what the primary held and how many descriptors it had open, over time. An SVG that follows the
 * reader's choice of light or dark, and is readable on either where its reader does not tell.
 */
import type { Outcome, Sample } from './outcome.js';

const width = 760;
const panelHeight = 200;
const margin = { left: 64, right: 20, top: 44, bottom: 34 } as const;
const inner = width - margin.left - margin.right;

interface Panel {
  readonly title: string;
  readonly lines: readonly { readonly name: string; readonly style: string; readonly of: Measure }[];
  readonly rests: Measure;
}

/** How tall the marks are of what befell a worker. */
const moments = { killed: 6, stopped: 12 } as const;

type Measure = (sample: Sample) => number | undefined;

const mebibytes = (bytes: number): number => bytes / 2 ** 20;

const panels: readonly Panel[] = [
  {
    title: 'Memory of the primary after garbage collection, MiB',
    lines: [
      { name: 'heap and what it holds beside it', style: 'first', of: ({ held }) => mebibytes(held) },
      { name: 'resident', style: 'second', of: ({ resident }) => mebibytes(resident) },
    ],
    rests: ({ held }) => mebibytes(held),
  },
  {
    title: 'Open descriptors of the primary',
    lines: [{ name: 'descriptors', style: 'first', of: ({ descriptors }) => descriptors }],
    rests: ({ descriptors }) => descriptors,
  },
];

const style = `
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-size: 13px; font-weight: 600; fill: #24292f }
  .grid { stroke: #8b949e; stroke-opacity: .3 }
  .line { fill: none; stroke-width: 1.5; stroke-linejoin: round }
  .first { stroke: #0969da } .second { stroke: #bc4c00 }
  .rest { fill: #1a7f37 }
  .killed { stroke: #cf222e } .stopped { stroke: #8250df }
  .paper { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #9198a1 } .title { fill: #f0f6fc }
    .first { stroke: #58a6ff } .second { stroke: #f0883e } .rest { fill: #3fb950 }
    .killed { stroke: #f85149 } .stopped { stroke: #bc8cff }
    .paper { fill: #0d1117 }
  }`;

export function plot(outcome: Outcome): string {
  const height = panels.length * (panelHeight + margin.top + margin.bottom);
  const { time } = outcome;
  const drawn = panels.map((panel, place) => {
    const top = place * (panelHeight + margin.top + margin.bottom) + margin.top;
    return `<g transform="translate(${margin.left} ${top})">${draw(panel, outcome)}</g>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" \
aria-label="Memory and descriptors of the primary over ${(time / 60_000).toFixed(1)} minutes">
<style>${style}
</style>
<rect class="paper" width="${width}" height="${height}"/>
${drawn.join('\n')}
</svg>
`;
}

function draw({ title, lines, rests }: Panel, outcome: Outcome): string {
  const all = [...outcome.samples, ...outcome.rests].toSorted((a, b) => a.time - b.time);
  const values = all.flatMap((sample) => lines.map(({ of }) => of(sample) ?? 0));
  const step = niceStep(Math.max(1, ...values) / 4);
  const top = step * Math.ceil(Math.max(1, ...values) / step);
  const x = (time: number): string => ((time / outcome.time) * inner).toFixed(1);
  const y = (value: number): string => (panelHeight - (value / top) * panelHeight).toFixed(1);
  const parts = [`<text class="title" x="0" y="-24">${title}</text>`];
  for (let value = 0; value <= top; value += step) {
    parts.push(
      `<path class="grid" d="M0 ${y(value)}H${inner}"/>`,
      `<text x="-8" y="${y(value)}" dy="4" text-anchor="end">${value}</text>`,
    );
  }
  const total = outcome.time / 60_000;
  const stepTime = niceStep(total / 8);
  for (let time = 0; time <= total; time += stepTime) {
    const text = `${Number(time.toFixed(2))} min`;
    parts.push(`<text x="${x(time * 60_000)}" y="${panelHeight + 18}" text-anchor="middle">${text}</text>`);
  }
  let legend = 0;
  for (const { name, style: lineStyle, of } of lines) {
    const points = all.flatMap((sample) => {
      const value = of(sample);
      return value === undefined ? [] : [`${x(sample.time)} ${y(value)}`];
    });
    if (points.length > 0) parts.push(`<path class="line ${lineStyle}" d="M${points.join('L')}"/>`);
    parts.push(
      `<path class="line ${lineStyle}" d="M${legend} -10h18"/><text x="${legend + 24}" y="-6">${name}</text>`,
    );
    legend += 50 + name.length * 6.5;
  }
  for (const rest of outcome.rests) {
    const value = rests(rest);
    if (value !== undefined) parts.push(`<circle class="rest" cx="${x(rest.time)}" cy="${y(value)}" r="4"/>`);
  }
  for (const { at, what } of outcome.moments) {
    parts.push(`<path class="line ${what}" d="M${x(at)} ${panelHeight}v-${moments[what]}"/>`);
  }
  parts.push(
    `<circle class="rest" cx="${legend + 6}" cy="-10" r="4"/><text x="${legend + 16}" y="-6">at rest</text>`,
  );
  legend += 80;
  for (const [what, length] of Object.entries(moments)) {
    parts.push(
      `<path class="line ${what}" d="M${legend} -6v-${length}"/><text x="${legend + 8}" y="-6">${what}</text>`,
    );
    legend += 60;
  }
  return parts.join('\n');
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= least) ?? 10;
  return factor * power;
}
