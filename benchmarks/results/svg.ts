/**
 * Pieces of a drawing: elements as text, and the frame that all charts have. A chart is one file that needs no other,
 * with colours for light and for dark pages and a ground of its own, so that it is legible on a page of either kind.
 */
import { wrap } from './lettering.js';

export const width = 800;
export const margin = 24;
export const lineHeight = 16;
const titleSize = 17;
const titleHeight = 22;

/** How many lines can be told apart by their colours; further ones are dashed. */
export const tones = { ours: 3, others: 6 } as const;

const style = `
.ground { fill: #ffffff }
text { font: 13px system-ui, -apple-system, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-size: ${titleSize}px; font-weight: 600 }
.group, .ours text, text.strong { font-weight: 600 }
.muted, .tick { fill: #59636e }
.tick, .muted { font-size: 12px }
.rule { stroke: #d1d9e0; stroke-width: 1 }
.axis { stroke: #818b98; stroke-width: 1 }
.spread { stroke: #1f2328; stroke-width: 1.5; fill: none; opacity: .75 }
.bar { fill: #b6bfc9 }
.ours .bar { fill: #2f81f7 }
.line { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round }
.line.ours { stroke-width: 3 }
.dashed { stroke-dasharray: 6 5 }
.leader { stroke: currentColor; stroke-width: 1; stroke-dasharray: 1 3 }
.point { fill: currentColor }
.name { fill: currentColor }
.ours-0 { color: #0969da } .ours-1 { color: #8250df } .ours-2 { color: #1a7f64 }
.others-0 { color: #59636e } .others-1 { color: #9a6700 } .others-2 { color: #99604d } .others-3 { color: #55795a }
.others-4 { color: #86658c } .others-5 { color: #8c959f }
@media (prefers-color-scheme: dark) {
  .ground { fill: #0d1117 }
  text { fill: #f0f6fc }
  .muted, .tick { fill: #9198a1 }
  .rule { stroke: #2a3038 }
  .axis { stroke: #656c76 }
  .spread { stroke: #f0f6fc }
  .bar { fill: #4d555f }
  .ours .bar { fill: #2f81f7 }
  .name { fill: currentColor }
  .ours-0 { color: #58a6ff } .ours-1 { color: #bc8cff } .ours-2 { color: #3fc9a0 }
  .others-0 { color: #a5adb8 } .others-1 { color: #c9a227 } .others-2 { color: #c48b76 } .others-3 { color: #86ad8b }
  .others-4 { color: #b795bd } .others-5 { color: #737b86 }
}`;

export type Attributes = Readonly<Record<string, string | number>>;

function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** `content` is drawn as it is: text in it has been escaped. */
export function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${attributeText(value)}"`);
  const opened = `<${name}${written.join('')}`;
  return content === undefined ? `${opened}/>` : `${opened}>${content}</${name}>`;
}

export function textAt(x: number, y: number, content: string, attributes: Attributes = {}): string {
  return element('text', { x, y, ...attributes }, escapeText(content));
}

/** Lines of text below each other; `y` is the baseline of the first. */
export function textsAt(
  x: number,
  y: number,
  lines: readonly string[],
  attributes: Attributes = {},
  height = lineHeight,
): string[] {
  return lines.map((line, place) => textAt(x, y + place * height, line, attributes));
}

/** A chart's title, and what its figures are; with the baseline of the last line. */
export function heading(
  title: string,
  notes: string,
): { readonly content: string[]; readonly bottom: number } {
  const titles = wrap(title, width - 2 * margin, { size: titleSize, isStrong: true });
  const subtitles = wrap(notes, width - 2 * margin, { size: 12 });
  const first = margin + 14;
  const second = first + titles.length * titleHeight;
  return {
    content: [
      ...textsAt(margin, first, titles, { class: 'title' }, titleHeight),
      ...textsAt(margin, second, subtitles, { class: 'muted' }),
    ],
    bottom: second + (subtitles.length - 1) * lineHeight,
  };
}

export function straight(
  from: readonly [number, number],
  to: readonly [number, number],
  className: string,
): string {
  return element('line', { x1: from[0], y1: from[1], x2: to[0], y2: to[1], class: className });
}

export interface Drawing {
  readonly title: string;
  /** What it shows, for those who do not see it. */
  readonly description: string;
  readonly height: number;
  readonly content: readonly string[];
}

export function drawn({ title, description, height, content }: Drawing): string {
  const attributes = {
    xmlns: 'http://www.w3.org/2000/svg',
    viewBox: `0 0 ${width} ${attributeText(height)}`,
    width,
    height,
    role: 'img',
    'aria-labelledby': 'title description',
  };
  const all = [
    element('title', { id: 'title' }, escapeText(title)),
    element('desc', { id: 'description' }, escapeText(description)),
    `<style>${style}\n</style>`,
    element('rect', { class: 'ground', width, height, rx: 8 }),
    ...content,
  ];
  return `${element('svg', attributes, `\n${all.join('\n')}\n`)}\n`;
}

/** A tenth of a pixel is seen by nobody. */
function attributeText(value: string | number): string {
  return typeof value === 'number' ? String(Math.round(value * 10) / 10) : escapeText(value);
}
