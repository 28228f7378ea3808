/** Unix sockets: what their options may be, and what a start makes of the file. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { defaultLimits } from 'clustercast';
import { unix, type TextHost } from 'clustercast/json-rpc';
import { code } from '../../support/codes.js';
import { FakeHandlers } from '../../support/text-channel.js';

const host: TextHost = {
  limits: defaultLimits,
  refusal: () => undefined,
  // Who looks whether somebody lives here.
  accept: () => new FakeHandlers(),
  turnedAway: () => undefined,
};

/** A path in a directory that is gone after the test. */
function somewhere(t: TestContext, ...names: string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'cc-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return join(directory, ...names);
}

describe('the options of Unix sockets', () => {
  it('are a path that fits into an address everywhere, on both sides', () => {
    for (const side of [unix.listen, unix.connect]) {
      for (const path of ['', 'a\0b', 'x'.repeat(104), 'é'.repeat(52), 7, undefined, null] as string[])
        assert.throws(() => side({ path }), code('INVALID_ARGUMENT'), path);
      for (const path of ['x'.repeat(103), 'é'.repeat(51)]) assert.doesNotThrow(() => side({ path }));
    }
    assert.equal(unix.connect({ path: '/run/app/s' }).target, 'unix /run/app/s');
  });
});

describe('a source of Unix sockets', () => {
  it('makes its directory and its socket for their owner alone, and takes the socket away', async (t) => {
    const path = somewhere(t, 'own', 's');
    const source = unix.listen({ path });
    assert.equal(source.name, 'unix');
    await source.close();
    await source.start(host);
    assert.equal(statSync(join(path, '..')).mode & 0o777, 0o700);
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await source.close();
    assert.equal(existsSync(path), false);
  });

  it('does not start where a living one listens, and leaves that alone', async (t) => {
    const path = somewhere(t, 's');
    const [first, second] = [unix.listen({ path }), unix.listen({ path })];
    await first.start(host);
    await assert.rejects(async () => second.start(host), code('INVALID_ARGUMENT'));
    await second.close();
    assert.equal(existsSync(path), true);
    await first.close();
  });
});
