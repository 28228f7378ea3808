/**
 * What is kept of a run, and the page that is made of it.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Chart } from '../harness/chart.js';
import type { Report, Requirement } from '../harness/scenario.js';
import { documentOf } from './document.js';
import { sectionOf, withSection, type Section } from './section.js';

const conditions = { date: '2030-12-31', machine: '2 x abacus', packages: { beads: '1.0.0' } };
const lines: Chart = {
  kind: 'lines',
  name: 'lines',
  title: 'Lines',
  unit: 'beads',
  xLabel: 'hands',
  xScale: 'log',
  yScale: 'log',
  lines: [
    {
      label: 'one',
      points: [
        [1, 1],
        [2, 3],
      ],
      isOurs: true,
    },
  ],
};

const run = () => Promise.reject(new Error('is not run'));

function section(
  name: string,
  report: Partial<Report> = {},
  changed: Partial<typeof conditions> = {},
): Section {
  const full = { method: 'By hand.', tables: [], charts: [], requirements: [], samples: {}, ...report };
  return sectionOf({ name, summary: `what ${name} shows`, rounds: 1, run }, 3, full, {
    ...conditions,
    ...changed,
  });
}

function requirement(actual: number, is: Requirement['is'], bound: number): Requirement {
  return { what: 'beads', actual, bound, is };
}

test('a chart with a figure that is none, or with nothing, is refused', () => {
  const bar = { label: 'one', median: 2, min: 1, max: 3, isOurs: true };
  const bars = (one: typeof bar): Chart => ({
    kind: 'bars',
    name: 'bars',
    title: 'Bars',
    unit: 'beads',
    groups: [{ title: '', bars: [one] }],
  });
  const refused: Chart[] = [
    bars({ ...bar, median: Number.NaN }),
    bars({ ...bar, max: Number.POSITIVE_INFINITY }),
    bars({ ...bar, min: 2.5 }),
    { ...lines, lines: [] },
    { ...lines, lines: [{ label: 'none', points: [], isOurs: false }] },
    { ...lines, lines: [{ label: 'no logarithm', points: [[1, 0]], isOurs: false }] },
    { ...lines, name: '../lines' },
  ];
  for (const chart of refused) assert.throws(() => section('a', { charts: [chart] }), /the chart/);
  section('a', { charts: [bars(bar), lines] });
});

test('a requirement that was not measured is refused', () => {
  assert.throws(() => section('a', { requirements: [requirement(Number.NaN, 'at most', 1)] }), /"beads"/);
});

test('a section is replaced, and the others are kept, in the order of the scenarios', () => {
  const [old, other] = [section('a'), section('b')];
  const replacing = section('a', { method: 'Anew.' });
  assert.deepEqual(withSection([other, old], replacing, ['a', 'b']), [replacing, other]);
  assert.deepEqual(withSection([old], other, ['b', 'a', 'c']), [other, old]);
  assert.deepEqual(withSection([old, other], replacing, ['a']), [replacing], 'b is no scenario any more');
});

test('two charts of one name are refused', () => {
  const [a, b] = [section('a', { charts: [lines] }), section('b', { charts: [lines] })];
  assert.throws(() => withSection([a], b, ['a', 'b']), /two charts of the name lines/);
});

test('the page shows what is required, and on which side of the bound a figure is', () => {
  const requirements = [
    requirement(14.237, 'at least', 12),
    requirement(0.9996, 'at least', 1),
    requirement(1_234_567, 'at most', 300),
  ];
  const page = documentOf([section('a', { requirements })]);
  assert.match(page, /1 of 3 are met/);
  assert.match(page, /at least 12 \| 14\.2 \| met/);
  assert.match(page, /at least 1 \| 0\.9996 \| \*\*NOT met\*\*/);
  assert.match(page, /at most 300 \| 1,230,000 \| \*\*NOT met\*\*/);
});

test('cells of a table are text', () => {
  const page = documentOf([
    section('a', { tables: [{ title: '1 * 2', head: ['a|b', 'c'], rows: [['<x>\n`y`', '_1_']] }] }),
  ]);
  assert.match(page, /\*\*1 \\\* 2\*\*/);
  assert.match(page, /\| a\\\|b \| c \|/);
  assert.match(page, /\| \\<x\\> \\`y\\` \| \\_1\\_ \|/);
});

test('each section says its own conditions', () => {
  const page = documentOf([
    section('a', { versions: { server: '7.0' } }),
    section('b', {}, { date: '2031-01-01', machine: 'a slide rule', packages: { beads: '2.0.0' } }),
  ]);
  assert.match(page, /2030-12-31 in 3 rounds on: 2 x abacus\.\nBeside it: server 7\.0\./);
  assert.match(page, /2031-01-01 in 3 rounds on: a slide rule\./);
  assert.match(page, /\| beads \| 1\.0\.0 \(a\), 2\.0\.0 \(b\) \|/);
});
