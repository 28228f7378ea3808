/** docs/protocol.md, and the examples in it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { blocksOf, type Block } from './markdown.js';

/** The project's folder, from build/test/docs/. */
export const root: URL = new URL('../../../', import.meta.url);

export const document: string = readFileSync(new URL('docs/protocol.md', root), 'utf8');

export const blocks: readonly Block[] = blocksOf(document);

/** The text of the block that is marked with `name`. */
export function textOf(name: string): string {
  return blocks.find((block) => block.name === name)?.text ?? assert.fail(`there is no ${name}`);
}

/** The message that is marked with `name`. */
export function example(name: string): Readonly<Record<string, unknown>> {
  return JSON.parse(textOf(name)) as Readonly<Record<string, unknown>>;
}
