/**
 * The file of a Unix socket: in a directory that only its owner can enter, and nobody's but a dead process's where
 * it is replaced.
 */
import { chmod, link, lstat, mkdir, stat, unlink } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PubSubError } from '../../errors.js';

/** Only the owner reads, writes, enters. */
const ownerOnly = 0o700;
const others = 0o077;

/** @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` unless the directory of `path` is this user's, and closed to all others. */
export async function ensureDirectory(path: string): Promise<void> {
  const directory = dirname(path);
  await mkdir(directory, { mode: ownerOnly }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  const { mode, uid } = await stat(directory);
  if ((mode & others) !== 0) {
    throw invalid(
      `others can enter ${directory} (its mode is 0${(mode & 0o777).toString(8)}), and so connect; ` +
        'give the socket a directory of its own with mode 0700',
    );
  }
  const user = process.geteuid?.() ?? uid;
  if (uid !== user) throw invalid(`${directory} belongs to another user (${uid}), who could connect`);
}

export async function closeToOthers(path: string): Promise<void> {
  await chmod(path, 0o600);
}

/**
 * Takes away what a dead process has left at `path`, and never what another one may be listening at by now: that it
 * is the very file that was found dead is made sure by a second name for it, which only one process can give it, and
 * only who has given it takes the file away.
 *
 * @throws PubSubError `ERR_PUBSUB_INVALID_ARGUMENT` for what is no socket, or one that somebody listens at.
 */
export async function clearStale(path: string): Promise<void> {
  const found = await look(path);
  if (found === undefined) return;
  if (!found.isSocket()) throw invalid(`${path} is no socket; it is left as it is`);
  if (await isAlive(path)) throw inUse(path);
  // Somebody may have made it just now, and is about to listen.
  const age = Date.now() - Number(found.mtimeMs);
  if (age < settlingTime) {
    await sleep(Math.min(settlingTime - age, settlingTime));
    return clearStale(path);
  }
  const claim = `${path}.${found.ino}`;
  try {
    await link(path, claim);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return;
    if (code !== 'EEXIST') throw error;
    // Of another process: one that is at it now, or one that died meanwhile.
    const left = await look(claim);
    if (left !== undefined && Date.now() - Number(left.ctimeMs) < claimTime) throw inUse(path);
    await unlinkIfThere(claim);
    return clearStale(path);
  }
  try {
    const claimed = await look(claim);
    if (claimed?.ino !== found.ino || claimed.mtimeNs !== found.mtimeNs) throw inUse(path);
    await unlinkIfThere(path);
  } finally {
    await unlinkIfThere(claim);
  }
}

/** How long there may be between the file of a socket and somebody who listens there, in milliseconds. */
const settlingTime = 1_000;
/** How long it may take to take a file away, in milliseconds. */
const claimTime = 10_000;

async function unlinkIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}

async function look(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whether somebody listens there. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // Too many wait to be accepted: by somebody who lives.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(error);
    });
  });
}

export function inUse(path: string): PubSubError {
  return invalid(`another process listens at ${path}`);
}

function invalid(message: string): PubSubError {
  return new PubSubError('ERR_PUBSUB_INVALID_ARGUMENT', message);
}
