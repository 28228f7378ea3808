/**
 * A text in a file, for the `state` of `startPrimary()`: whatever happens while it is saved, the file holds the text before or
 * the new one, whole. Each save writes a file beside it, has the system put that onto the disk, and only then gives it the
 * name, which is one step. One primary at a time may use it.
 */
import { open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

export interface FileStore {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

/** @param path of the file; its directory must be there. */
export function fileStore(path: string): FileStore {
  const file = resolve(path);
  const directory = dirname(file);
  const begun = `${file}.${process.pid}.tmp`;

  return {
    load: async () => {
      // What a process that was killed had begun to write.
      for (const name of await readdir(directory)) {
        if (isBegun(name, basename(file))) await rm(join(directory, name), { force: true });
      }
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },

    save: async (text) => {
      const handle = await open(begun, 'w', 0o600);
      try {
        await handle.writeFile(text);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(begun, file);
      await syncDirectory(directory);
    },
  };
}

/** Whether `name` is that of a file in which a save of `file` has begun. */
function isBegun(name: string, file: string): boolean {
  return name.startsWith(`${file}.`) && /^\.\d+\.tmp$/.test(name.slice(file.length));
}

/** So that the name is on the disk, too. Windows does that by itself, and opens no directories. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
