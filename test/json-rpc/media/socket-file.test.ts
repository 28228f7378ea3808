/** The file of a Unix socket: its directory is its owner's alone, a dead one is replaced, and a living one never. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import fs, { chmod, link, mkdir, readdir, symlink, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { clearStale, closeToOthers, ensureDirectory } from '#lib/json-rpc/media/socket-file.js';
import { code } from '../../support/codes.js';
import { timers } from '../../support/timers.js';
import { until } from '../../support/until.js';

/** A directory that is gone after the test. */
function directory(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'cc-'));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

async function listenAt(t: TestContext, path: string): Promise<Server> {
  const server = createServer().listen(path);
  t.after(() => server.close());
  await once(server, 'listening');
  return server;
}

/** What a process leaves that was killed: a socket at which nobody listens. */
async function leaveDead(t: TestContext, path: string): Promise<void> {
  const server = await listenAt(t, `${path}-`);
  await link(`${path}-`, path);
  server.close();
  await once(server, 'close');
}

/** Lets `time` milliseconds have passed, for whoever asks what time it is. */
function later(t: TestContext, time: number): void {
  const { now } = Date;
  t.mock.method(Date, 'now', () => now() + time);
}

/** Does `interfere` right before the next call of a function of node:fs/promises. */
function before(t: TestContext, name: 'link' | 'unlink', interfere: () => Promise<void>): void {
  const original = fs[name] as (...args: unknown[]) => Promise<void>;
  let isDone = false;
  t.mock.method(fs, name, async (...args: unknown[]) => {
    if (!isDone) {
      isDone = true;
      await interfere();
    }
    return original(...args);
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
}

describe('the directory of a Unix socket', () => {
  it('is made for its owner alone where it is not there, and taken as it is where it is', async (t) => {
    const path = join(directory(t), 'own', 's');
    await ensureDirectory(path);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    await ensureDirectory(path);
  });

  it('must be closed to everybody else, in each way', async (t) => {
    const path = join(directory(t), 'own', 's');
    await mkdir(dirname(path));
    for (const mode of [0o755, 0o710, 0o740, 0o720, 0o701, 0o704, 0o702]) {
      await chmod(dirname(path), mode);
      await assert.rejects(
        ensureDirectory(path),
        (error: Error) =>
          code('INVALID_ARGUMENT')(error) && error.message.includes(`mode is 0${mode.toString(8)}`),
      );
    }
    for (const mode of [0o700, 0o500]) {
      await chmod(dirname(path), mode);
      await ensureDirectory(path);
    }
    await chmod(dirname(path), 0o700);
  });

  it('that a link leads to counts, not the link', async (t) => {
    const base = directory(t);
    await mkdir(join(base, 'wide'), { mode: 0o755 });
    await chmod(join(base, 'wide'), 0o755);
    await symlink(join(base, 'wide'), join(base, 'link'));
    await assert.rejects(ensureDirectory(join(base, 'link', 's')), code('INVALID_ARGUMENT'));
  });

  it('must be this user’s own', async (t) => {
    const path = join(directory(t), 's');
    const { uid } = statSync(dirname(path));
    const original = process.geteuid;
    t.after(() => Reflect.set(process, 'geteuid', original));
    Reflect.set(process, 'geteuid', () => uid + 1);
    await assert.rejects(ensureDirectory(path), code('INVALID_ARGUMENT'));
    // Where the system knows no users, it is everybody's.
    Reflect.set(process, 'geteuid', undefined);
    await ensureDirectory(path);
  });

  it('needs a directory that it is in, and fails as that does', async (t) => {
    await assert.rejects(ensureDirectory(join(directory(t), 'not', 'there', 's')), { code: 'ENOENT' });
  });
});

describe('what is at the path of a Unix socket', () => {
  it('may be nothing', async (t) => {
    await clearStale(join(directory(t), 's'));
  });

  it('is taken away where it is a socket at which nobody listens', async (t) => {
    const path = join(directory(t), 's');
    await leaveDead(t, path);
    later(t, 1_000);
    await clearStale(path);
    assert.deepEqual(await readdir(dirname(path)), []);
  });

  it('is given a second, as somebody may have made it and not listen yet', async (t) => {
    const path = join(directory(t), 's');
    await leaveDead(t, path);
    const idle = timers();
    const cleared = clearStale(path);
    await until(() => timers() > idle, 'the second to begin, as the first look has found it dead');
    await unlink(path);
    await listenAt(t, path);
    await assert.rejects(cleared, code('INVALID_ARGUMENT'));
    assert.equal(existsSync(path), true);
  });

  it('is left as it is where somebody listens at it', async (t) => {
    const path = join(directory(t), 's');
    await listenAt(t, path);
    const { ino } = statSync(path);
    await assert.rejects(clearStale(path), code('INVALID_ARGUMENT'));
    assert.deepEqual([statSync(path).ino, await readdir(dirname(path))], [ino, ['s']]);
  });

  it('is left as it is where it is no socket, also where it leads to one', async (t) => {
    const path = join(directory(t), 's');
    writeFileSync(path, 'precious');
    await assert.rejects(clearStale(path), code('INVALID_ARGUMENT'));
    assert.equal(readFileSync(path, 'utf8'), 'precious');
    const linked = `${path}-link`;
    await leaveDead(t, `${path}-dead`);
    await symlink(`${path}-dead`, linked);
    await assert.rejects(clearStale(linked), code('INVALID_ARGUMENT'));
    assert.equal(existsSync(linked), true);
  });

  it('may be gone when it is to be taken away', async (t) => {
    for (const name of ['link', 'unlink'] as const) {
      const path = join(directory(t), 's');
      await leaveDead(t, path);
      later(t, 1_000);
      before(t, name, () => unlink(path));
      await clearStale(path);
      assert.deepEqual(await readdir(dirname(path)), [], name);
      t.mock.restoreAll();
      syncBuiltinESMExports();
    }
  });

  it('is left as it is where another process has begun to listen there meanwhile', async (t) => {
    const path = join(directory(t), 's');
    await leaveDead(t, path);
    later(t, 1_000);
    let living = 0;
    before(t, 'link', async () => {
      await unlink(path);
      await listenAt(t, path);
      living = statSync(path).ino;
    });
    await assert.rejects(clearStale(path), code('INVALID_ARGUMENT'));
    assert.deepEqual([statSync(path).ino, await readdir(dirname(path))], [living, ['s']]);
  });

  it('is left to the process that is taking it away, but not for ever', async (t) => {
    const path = join(directory(t), 's');
    await leaveDead(t, path);
    const claim = `${path}.${statSync(path).ino}`;
    await link(path, claim);
    later(t, 5_000);
    await assert.rejects(clearStale(path), code('INVALID_ARGUMENT'));
    assert.deepEqual((await readdir(dirname(path))).toSorted(), ['s', basename(claim)]);
    // It has died over it.
    later(t, 6_000);
    await clearStale(path);
    assert.deepEqual(await readdir(dirname(path)), []);
  });

  it('may have been claimed by a process that has done by now', async (t) => {
    const path = join(directory(t), 's');
    await leaveDead(t, path);
    const claim = `${path}.${statSync(path).ino}`;
    later(t, 1_000);
    const original = link;
    let calls = 0;
    t.mock.method(fs, 'link', async (from: string, to: string) => {
      // The other one is done between the two.
      if (++calls === 1) throw Object.assign(new Error('it is there'), { code: 'EEXIST' });
      await original(from, to);
    });
    syncBuiltinESMExports();
    t.after(() => {
      t.mock.restoreAll();
      syncBuiltinESMExports();
    });
    await clearStale(path);
    assert.deepEqual([calls, existsSync(claim), existsSync(path)], [2, false, false]);
  });

  it('that cannot be taken away is the reason why, and nothing is left', async (t) => {
    const path = join(directory(t), 's');
    await leaveDead(t, path);
    later(t, 1_000);
    for (const name of ['link', 'unlink'] as const) {
      before(t, name, () => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' })));
      await assert.rejects(clearStale(path), { code: 'EPERM' });
      assert.deepEqual(await readdir(dirname(path)), ['s'], name);
      t.mock.restoreAll();
      syncBuiltinESMExports();
      later(t, 1_000);
    }
    await assert.rejects(clearStale(join(path, 'below')), { code: 'ENOTDIR' });
  });
});

describe('a Unix socket', () => {
  it('is closed to others', async (t) => {
    const path = join(directory(t), 's');
    writeFileSync(path, '');
    await chmod(path, 0o777);
    await closeToOthers(path);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });
});
