/**
 * Every example runs to its end and prints what it is there to show. What the demo's routes answer is in
 * `examples/http-replicas.test.ts`.
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { runExample } from './support/example.js';

/** What each prints. The order is not compared: several processes print at once. */
const printed: Readonly<Record<string, readonly string[]>> = {
  broadcast: [
    'worker 1 listens',
    'worker 2 listens',
    'worker 3 listens',
    'worker 1 heard: the kettle boils',
    'worker 2 heard: the kettle boils',
    'worker 3 heard: the kettle boils',
    'worker 4 told 3 others',
  ],
  'async-iterator': [
    'item 1 from worker 1',
    'item 2 from worker 1',
    'item 3 from worker 1',
    'item 1 from worker 2',
    'item 2 from worker 2',
    'item 3 from worker 2',
    'subscriptions left: 0',
  ],
  'client-in-primary': [
    'the primary heard: worker 1 is ready',
    'the primary heard: worker 2 is ready',
    'the primary told 2 workers',
    'worker 1 logs at level debug',
    'worker 2 logs at level debug',
  ],
  'typed-events': ['U1 logged in, an admin'],
  'no-cluster': ['editor: 2 others were told', 'feed: Tea', 'search: Tea'],
};

describe('examples', () => {
  for (const [name, lines] of Object.entries(printed)) {
    it(name, async () => {
      assertPrinted(await runExample(`build/examples/${name}.js`), lines);
    });
  }

  it('are all in this test', () => {
    const sources = readdirSync(new URL('../../examples', import.meta.url)).filter((name) =>
      name.endsWith('.ts'),
    );
    assert.deepEqual(
      sources.map((name) => name.slice(0, -'.ts'.length)),
      Object.keys(printed).toSorted(),
    );
  });

  it('run by `npm run example`, workers too', async () => {
    assertPrinted(await runExample('scripts/run.js', 'examples', 'broadcast'), printed['broadcast'] ?? []);
  });
});

describe('examples/http-replicas --once', { timeout: 90_000 }, () => {
  it('plays the scene, in which every replica agrees, and ends', async () => {
    const { code, stdout, stderr } = await runExample('build/examples/http-replicas/demo.js', '--once');
    assert.equal(stderr, '');
    assert.match(stdout, /^Every replica agreed in 10 of 10 steps\.$/m);
    assert.doesNotMatch(stdout, /✗/);
    assert.equal(stdout.match(/✓/g)?.length, 10);
    assert.match(stdout, /^#[1-4] killed, #5 joins .* killed .* joined/m);
    assert.equal(code, 0);
  });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function assertPrinted({ code, stdout, stderr }: Ended, lines: readonly string[]): void {
  assert.equal(stderr, '');
  assert.deepEqual(stdout.trimEnd().split('\n').toSorted(), lines.toSorted());
  assert.equal(code, 0);
}
