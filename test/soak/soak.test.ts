/**
 * `npm run soak`, short and with many faults: it finds nothing wrong, and it ends with 1 where something is. How the judge
 * judges is in `judge.test.ts`.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runExample } from '../support/example.js';
import type { Outcome } from '../support/program.js';

let folder: string;

before(() => (folder = mkdtempSync(join(tmpdir(), 'clustercast-soak-'))));
after(() => rmSync(folder, { recursive: true }));

function soak(name: string, ...args: readonly string[]): Promise<Outcome> {
  return runExample('build/soak/run.js', '--plot', join(folder, `${name}.svg`), '--seed', '7', ...args);
}

describe('the soak', { timeout: 120_000 }, () => {
  it('kills, stops, has remote clients come and go, and finds nothing violated and nothing left', async () => {
    const often = [
      '--kill-every',
      '2.5',
      '--stop-every',
      '1.5',
      '--stop-for',
      '1.2',
      '--remote-every',
      '0.5',
    ];
    const small = ['--rate', '2000', '--window', '64', '--rest-every', '9', '--sample-every', '0.5'];
    const all = ['values due', 'received', 'gaps told', 'workers killed', 'workers stopped'];
    let stdout = '';
    let never = all;
    // On a machine that does much else, little may happen in a short run: then in a longer one.
    for (const minutes of ['0.08', '0.2', '0.4']) {
      const outcome = await soak('short', '--minutes', minutes, ...small, ...often);
      ({ stdout } = outcome);
      assert.equal(outcome.stderr, '', stdout);
      assert.equal(outcome.code, 0, stdout);
      assert.match(stdout, /^No violation\.$/m);
      never = all.filter((what) => !(figureOf(outcome.stdout, what) > 0));
      if (never.length === 0) break;
    }
    assert.deepEqual(never, [], stdout);
    const [due, received, told, uncounted] = [
      'values due',
      'received',
      'told as missed',
      'missed, told without a count',
    ].map((what) => figureOf(stdout, what));
    assert.equal(due, (received ?? 0) + (told ?? 0) + (uncounted ?? 0));
    const svg = readFileSync(join(folder, 'short.svg'), 'utf8');
    assert.match(svg, /^<svg [^]*prefers-color-scheme: dark[^]*<\/svg>\n$/);
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
  });

  it('ends with 1, and says what, where a worker falsifies what it received', async () => {
    const none = ['--kill-every', '0', '--stop-every', '0', '--remotes', '0'];
    const { code, stdout } = await soak(
      'false',
      '--minutes',
      '0.03',
      '--rate',
      '4000',
      ...none,
      '--sabotage',
      'lose',
    );
    assert.equal(code, 1, stdout);
    assert.ok(figureOf(stdout, 'values missing, and not told') >= 1, stdout);
    assert.match(stdout, /^FAILED: \d+ violations$/m);
  });

  it('says what it takes, and refuses what it does not', async () => {
    const { code, stdout } = await runExample('build/soak/run.js', '--help');
    assert.equal(code, 0);
    for (const option of ['minutes', 'seed', 'plot', 'kill-every', 'window'])
      assert.match(stdout, RegExp(`--${option} `));
    const refused = await runExample('build/soak/run.js', '--minutes', 'many');
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /--minutes takes a number/);
  });
});

/** The number in the row that begins with `what`. */
function figureOf(text: string, what: string): number {
  const row = text.split('\n').find((line) => line.startsWith(`  ${what}  `));
  assert.ok(row !== undefined, `no ${what} in\n${text}`);
  return Number(row.slice(what.length + 2).replaceAll(',', ''));
}
