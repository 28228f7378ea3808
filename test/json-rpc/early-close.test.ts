/** A server that is closed while it starts: it ends, as does its start, and nobody listens afterwards. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Server } from 'clustercast';
import { JsonRpcAdapter, tcp, unix, webSocket, type TextSource } from 'clustercast/json-rpc';
import { within } from '../support/until.js';

async function closeEarly(source: TextSource): Promise<void> {
  const server = new Server([new JsonRpcAdapter(source)]);
  const started = server.start();
  const ends = Promise.allSettled([server.close(), started]);
  assert.equal((await within(ends, 'close and start'))[0].status, 'fulfilled');
}

describe('a server that is closed while it starts', () => {
  it('does not listen afterwards, on tcp', async () => {
    const source = tcp.listen({ port: 0 });
    await closeEarly(source);
    assert.equal(source.port, undefined);
  });

  it('does not listen afterwards, on webSocket', async () => {
    const source = webSocket.listen({ port: 0 });
    await closeEarly(source);
    assert.equal(source.port, undefined);
  });

  it('does not listen afterwards, on unix', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cc-'));
    await closeEarly(unix.listen({ path: join(directory, 'sync.sock') }));
    assert.deepEqual(readdirSync(directory), []);
    rmSync(directory, { recursive: true });
  });
});
