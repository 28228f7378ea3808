/** docs/state.md: every snippet compiles, and every link leads somewhere. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { root } from './document.js';
import { anchorsOf, blocksOf } from './markdown.js';
import { compile } from './snippets.js';

const text = readFileSync(new URL('docs/state.md', root), 'utf8');
const snippets = blocksOf(text).filter(({ language }) => language === 'ts');

describe('docs/state.md', () => {
  it('has snippets that compile', async () => {
    assert.ok(snippets.length > 6);
    await compile(
      'state',
      snippets.map((snippet) => snippet.text),
    );
  });

  it('links to what is there', () => {
    const anchors = anchorsOf(text);
    for (const [, target = ''] of text.matchAll(/\]\(([^)]+)\)/g)) {
      if (target.startsWith('#')) assert.ok(anchors.includes(target.slice(1)), target);
      else assert.ok(existsSync(new URL(target, new URL('docs/', root))), target);
    }
  });
});
