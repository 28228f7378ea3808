/** Each entry point in each wrong place: a named error that says what to do instead. */
import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/program.js';

const dist = fileURLToPath(new URL('../../../dist/', import.meta.url));
// Inside the project, so that its dependencies are found.
const copy = fileURLToPath(new URL('../../copy/', import.meta.url));

describe('places', () => {
  it('the wrong ones are refused, with the way out', async () => {
    const { code, stdout, stderr } = await runProgram('places');
    assert.deepEqual([code, stderr], [0, '']);
    const told = JSON.parse(stdout) as Record<string, Record<string, string>>;
    assert.equal(told['first']?.['startPrimary'], 'started');
    const expected: [string, string, RegExp][] = [
      ['first', 'connectWorker', /^ERR_PUBSUB_WRONG_PROCESS: .*startPrimary\(\)\)\.connect\(\)/],
      ['second', 'startPrimary', /^ERR_PUBSUB_STARTED: .*close\(\)/],
      ['worker', 'startPrimary', /^ERR_PUBSUB_WRONG_PROCESS: .*connectWorker\(\)/],
      ['worker', 'connectWorker', /^connected$/],
      ['thread', 'startPrimary', /^ERR_PUBSUB_WRONG_PROCESS: .*main thread/],
      ['thread', 'connectWorker', /^ERR_PUBSUB_WRONG_PROCESS: .*main thread/],
      ['threadOfWorker', 'startPrimary', /^ERR_PUBSUB_WRONG_PROCESS: .*main thread/],
      ['threadOfWorker', 'connectWorker', /^ERR_PUBSUB_WRONG_PROCESS: .*main thread/],
    ];
    for (const [place, call, text] of expected)
      assert.match(told[place]?.[call] ?? '', text, `${call} in ${place}`);
  });

  it("under PM2's cluster mode, where the primary is PM2's own process, the silence is explained", async () => {
    const { code, stdout, stderr } = await runProgram('no-server', { pm_id: '0' });
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^ERR_PUBSUB_NO_PRIMARY: .*200 ms.*PM2.*fork mode/);
  });

  it('without a server, the silence names what is missing', async () => {
    const { code, stdout, stderr } = await runProgram('no-server');
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^ERR_PUBSUB_NO_PRIMARY: .*200 ms.*startPrimary\(\)/);
  });

  it('two copies of the package share a process: one server, and clients of both', async () => {
    try {
      cpSync(dist, copy, { recursive: true });
      const { code, stdout, stderr } = await runProgram('two-copies', {
        SECOND_COPY: new URL('../../copy/index.js', import.meta.url).href,
      });
      assert.deepEqual([code, stderr], [0, '']);
      assert.deepEqual(JSON.parse(stdout), {
        isSecondCopy: true,
        refused: 'ERR_PUBSUB_STARTED',
        connections: 2,
        received: ['one from two', 'two from one'],
      });
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});
