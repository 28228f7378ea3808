/** The TypeScript of a document, compiled as a user would. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { root } from './document.js';

/**
 * Compiles each snippet, in `build/` so that packages are found.
 *
 * @param name of a folder for them.
 * @returns the compiled program of the snippet at a position.
 */
export async function compile(
  name: string,
  snippets: readonly string[],
): Promise<(position: number) => string> {
  const folder = fileURLToPath(new URL(`build/${name}/`, root));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [number, snippet] of snippets.entries()) writeFileSync(`${folder}snippet-${number}.ts`, snippet);
  const compilerOptions = {
    ...{ target: 'es2023', lib: ['es2023', 'esnext.disposable'], module: 'nodenext', types: ['node'] },
    ...{ strict: true, skipLibCheck: true, rootDir: '.', outDir: 'out' },
  };
  writeFileSync(`${folder}tsconfig.json`, JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  const tsc = fileURLToPath(new URL(import.meta.resolve('typescript/package.json'))).replace(
    'package.json',
    'bin/tsc',
  );
  await promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: { stdout: string }) => {
    throw new Error(`a snippet does not compile:\n${error.stdout}`);
  });
  return (position) => `${folder}out/snippet-${position}.js`;
}
