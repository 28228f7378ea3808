/**
 * What a chart promises whatever its figures are: text stays text, ticks are round, labels do not overlap.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushedApart } from './apart.js';
import { short, widthOf, wrap } from './lettering.js';
import { linearScale, logScale, steppedScale } from './scale.js';
import { drawBars } from './svg-bars.js';
import { drawLines } from './svg-lines.js';

const hostile = `<a href="x">&'</a>`;

test('labels are text, not markup', () => {
  const bar = { label: hostile, median: 2, min: 1, max: 3, isOurs: true };
  const bars = drawBars({
    kind: 'bars',
    name: 'bars',
    title: hostile,
    unit: hostile,
    groups: [{ title: hostile, bars: [bar] }],
  });
  const line = { label: hostile, points: [[1, 1] as const], isOurs: false };
  const scales = { xScale: 'log', yScale: 'linear' } as const;
  const lines = drawLines({
    kind: 'lines',
    name: 'lines',
    title: hostile,
    unit: hostile,
    xLabel: hostile,
    ...scales,
    lines: [line],
  });
  for (const svg of [bars, lines]) {
    assert.doesNotMatch(svg, /<a|&'|NaN|undefined|Infinity/);
    assert.match(svg, /<title id="title">&#60;a href=&#34;x&#34;&#62;/);
  }
});

test('bars that are all zero are drawn', () => {
  const bar = { label: 'nothing', median: 0, min: 0, max: 0, isOurs: true };
  const svg = drawBars({
    kind: 'bars',
    name: 'zero',
    title: 'Zero',
    unit: 'bytes',
    groups: [{ title: '', bars: [bar] }],
  });
  assert.doesNotMatch(svg, /NaN|Infinity/);
});

test('ticks of a linear axis are round, from zero to beyond the greatest value', () => {
  assert.deepEqual(linearScale([3, 47]).ticks, [0, 10, 20, 30, 40, 50]);
  assert.deepEqual(linearScale([0.12, 0.3]).ticks, [0, 0.1, 0.2, 0.3]);
  assert.equal(linearScale([3, 47]).at(25), 0.5);
  assert.ok(linearScale([0]).ticks.every(Number.isFinite));
});

test('ticks of a logarithmic axis enclose the values', () => {
  assert.deepEqual(logScale([0.3, 4]).ticks, [0.2, 0.5, 1, 2, 5]);
  assert.deepEqual(logScale([1, 1e6]).ticks, [1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
  assert.deepEqual(logScale([5]).ticks, [5, 10]);
  assert.throws(() => logScale([0, 1]), RangeError);
});

test('a few steps have a tick each', () => {
  assert.deepEqual(steppedScale([8, 1, 8, 64], 'log').ticks, [1, 8, 64]);
  assert.equal(steppedScale([1, 8, 64], 'log').at(8).toFixed(3), '0.500');
});

test('labels are pushed apart, and stay within their room', () => {
  const items = [10, 11, 12, 98].map((wanted) => ({ wanted, size: 10 }));
  assert.deepEqual(pushedApart(items, 0, 100), [5, 15, 25, 95]);
  assert.deepEqual(pushedApart(items.toReversed(), 0, 100), [95, 25, 15, 5]);
});

test('figures are short', () => {
  const expected = ['1.94 M', '450 k', '0.12', '1 M', '212', '0'];
  const written = [1_943_210, 450_000, 0.12, 999_600, 212.3, 0].map((value) =>
    short(value).replace('\u00A0', ' '),
  );
  assert.deepEqual(written, expected);
});

test('text is broken where it is too wide, within a word if need be', () => {
  const lines = wrap(`several words and one${'-that-is-too-long'.repeat(9)}`, 120);
  assert.ok(lines.length > 2);
  assert.ok(lines.every((line) => widthOf(line) <= 120));
});
