/**
 * State that survives the primary: it is kept in a file, and whatever ends the primary, the next one goes on from there. Here
 * a program starts one, kills it, twice, and ends the third in order.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPrimary } from 'clustercast';
import { fileStore } from './file-store.js';

const [, program = '', path] = process.argv;

if (path === undefined) {
  const directory = await mkdtemp(join(tmpdir(), 'durable-state-'));
  try {
    for (const isLast of [false, false, true]) {
      const primary = fork(program, [join(directory, 'state')]);
      await once(primary, 'message'); // it has saved
      if (isLast) primary.disconnect();
      else primary.kill('SIGKILL');
      await once(primary, 'exit');
    }
  } finally {
    await rm(directory, { recursive: true });
  }
} else {
  const primary = await startPrimary({
    state: {
      ...fileStore(path),
      debounce: 50,
      onSaveError: (error) => console.error('not saved, and tried again', error),
    },
  });
  process.on('disconnect', () => void primary.close()); // saves what is not saved yet

  const client = primary.connect();
  const starts = await client.map<number>('starts'); // with what the one before has left
  console.log(`start ${await starts.increment('count')}`);

  const whenSaved = setInterval(() => {
    if (primary.server.stats().state.isUnsaved) return;
    clearInterval(whenSaved);
    process.send?.('saved');
  }, 10);
}
