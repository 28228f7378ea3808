// @ts-check
// The project's folder, and the files below a folder of it.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Every file below `folder` of the project whose name ends in `ending`, sorted; none if there is no folder.
 *
 * @param {string} folder relative to the project
 * @param {string} ending such as `.test.ts`
 * @returns {string[]} paths relative to `folder`, with `/`
 */
export function filesBelow(folder, ending) {
  /** @type {string[]} */
  let names;
  try {
    names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith(ending) && !name.split('/').includes('node_modules'))
    .toSorted();
}
