/** The file of a Unix socket: who could put something else there, or enter, and what is left of a server that died. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Server } from 'clustercast';
import { JsonRpcAdapter, JsonRpcClient, unix } from 'clustercast/json-rpc';
import { ask, linePeer } from '../support/abuse-peer.js';
import { ping, pong } from '../support/abuse-stage.js';
import { code } from '../support/codes.js';
import { within } from '../support/until.js';
import { endWorkers, forkReady, forkWorker, kill } from '../support/workers.js';

const ways = process.platform === 'win32' ? { skip: 'there are no Unix sockets here' } : {};

describe('the file of a Unix socket', ways, () => {
  let root: string;
  let path: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cc-'));
    path = join(root, 'sync.sock');
  });

  afterEach(async () => {
    await endWorkers();
    chmodSync(root, 0o700);
    rmSync(root, { recursive: true, force: true });
  });

  it('is made in a directory that only its owner enters, and is closed to others itself', async () => {
    const at = join(root, 'new', 'sync.sock');
    const server = serverAt(at);
    await server.start();
    assert.equal(statSync(join(root, 'new')).mode & 0o777, 0o700);
    assert.equal(statSync(at).mode & 0o777, 0o600);
    await assertServes(at);
    await server.close();
    assert.deepEqual(readdirSync(join(root, 'new')), []);
  });

  for (const mode of [0o701, 0o710, 0o704, 0o740, 0o755, 0o770, 0o777, 0o1777]) {
    it(`is not made in a directory of mode ${mode.toString(8)}`, async () => {
      chmodSync(root, mode);
      await assert.rejects(serverAt(path).start(), code('INVALID_ARGUMENT'));
      assert.deepEqual(readdirSync(root), []);
      assert.equal(statSync(root).mode & 0o7777, mode);
    });
  }

  it('is not made in a wide directory that a link of a narrow one leads to', async () => {
    const wide = join(root, 'wide');
    mkdirSync(wide);
    chmodSync(wide, 0o755);
    symlinkSync(wide, join(root, 'link'));
    await assert.rejects(serverAt(join(root, 'link', 'sync.sock')).start(), code('INVALID_ARGUMENT'));
    assert.deepEqual(readdirSync(wide), []);
  });

  const others: Record<string, () => void> = {
    'a file': () => writeFileSync(path, 'precious'),
    'an empty file': () => writeFileSync(path, ''),
    'a directory': () => mkdirSync(path),
    'a link': () => symlinkSync('elsewhere', path),
  };
  for (const [what, make] of Object.entries(others)) {
    it(`leaves ${what} alone that has its name`, async () => {
      make();
      const before = lstatSync(path);
      await assert.rejects(serverAt(path).start(), code('INVALID_ARGUMENT'));
      const now = lstatSync(path);
      assert.deepEqual([now.ino, now.mode, now.size], [before.ino, before.mode, before.size]);
      if (what === 'a file') assert.equal(readFileSync(path, 'utf8'), 'precious');
      assert.equal(readdirSync(root).length, 1);
    });
  }

  it('is replaced where a process that was killed has left it', async () => {
    const forked = forkWorker('abuse-socket');
    await within(forked.ready, 'the process is ready', 30_000);
    assert.equal(await forked.call('start', path, 0), 'listens');
    await kill(forked);
    const left = lstatSync(path);
    assert.ok(left.isSocket());
    const server = serverAt(path);
    await server.start();
    assert.notEqual(lstatSync(path).mtimeMs, left.mtimeMs);
    await assertServes(path);
    await server.close();
    assert.deepEqual(readdirSync(root), []);
  });

  it('is not replaced where somebody listens, who notices nothing', async () => {
    const first = serverAt(path);
    await first.start();
    const client = new JsonRpcClient(null, unix.connect({ path }));
    await client.ready;
    const { ino } = lstatSync(path);
    for (let n = 0; n < 3; n++) await assert.rejects(serverAt(path).start(), code('INVALID_ARGUMENT'));
    assert.equal(lstatSync(path).ino, ino);
    assert.deepEqual(await client.publish('e', 1), { listeners: 0 });
    await assertServes(path);
    await client.close();
    await first.close();
    assert.deepEqual(readdirSync(root), []);
  });

  it('is there for the next server when one has been closed', async () => {
    for (let n = 0; n < 3; n++) {
      const server = serverAt(path);
      await server.start();
      await assertServes(path);
      await server.close();
    }
  });

  for (const isStale of [true, false]) {
    it(`belongs to one of four that start at the same moment, ${isStale ? 'where a dead one has left it' : 'where there is none'}`, async () => {
      const rivals = await forkReady(4, 'abuse-socket');
      for (let round = 0; round < 25; round++) {
        if (isStale) await leaveStale(path);
        const at = Date.now() + 15;
        const outcomes = (await Promise.all(rivals.map(({ call }) => call('start', path, at)))) as string[];
        const winner = rivals[outcomes.indexOf('listens')];
        const shown = `round ${round}: ${outcomes.join('; ')}`;
        assert.equal(outcomes.filter((outcome) => outcome === 'listens').length, 1, shown);
        for (const outcome of outcomes) assert.match(outcome, /^listens|^ERR_PUBSUB_INVALID_ARGUMENT/, shown);
        const peer = await linePeer({ path });
        const who = await ask(peer, '{"jsonrpc":"2.0","id":1,"method":"who","params":{}}');
        peer.close();
        assert.match(who, new RegExp(`"pid":${winner?.pid}[,}]`), shown);
        assert.deepEqual(readdirSync(root), ['sync.sock'], shown);
        await Promise.all(rivals.map(({ call }) => call('stop')));
        assert.deepEqual(readdirSync(root), [], shown);
      }
    });
  }
});

function serverAt(path: string): Server {
  return new Server([new JsonRpcAdapter(unix.listen({ path }), { isTrusted: true })]);
}

async function assertServes(path: string): Promise<void> {
  const peer = await linePeer({ path });
  assert.equal(await ask(peer, ping), pong);
  peer.close();
}

/** A socket that nobody has listened at for a while. */
async function leaveStale(path: string): Promise<void> {
  const server = createServer().listen(path);
  await once(server, 'listening');
  // Node.js takes away the name that a server has listened by, when it closes it.
  linkSync(path, `${path}.kept`);
  server.close();
  await once(server, 'close');
  renameSync(`${path}.kept`, path);
  const before = new Date(Date.now() - 60_000);
  utimesSync(path, before, before);
}
