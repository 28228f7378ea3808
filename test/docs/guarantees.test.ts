/** docs/guarantees.md names the tests that hold each promise: they are there, under these names. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { it } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const guarantees = readFileSync(`${root}docs/guarantees.md`, 'utf8').replaceAll(/\s+/g, ' ');

/** A file below test/ in quotes of code, and the titles of its tests that may follow it. */
const reference = /`([a-z-]+(?:\/[a-z-]+)+|debug)`((?::? ?(?:,? ?"[^"]+")+)?)/g;

it('every test that docs/guarantees.md refers to exists', () => {
  const references = [...guarantees.matchAll(reference)].filter(([, path]) => path !== 'test/contract');
  assert.ok(references.length >= 20, `only ${references.length} references`);
  assert.ok(references.some(([, path]) => path?.startsWith('state/')));
  for (const [, path, titles] of references) {
    const file = [`${root}test/${path}.test.ts`, `${root}test/${path}.ts`].find((name) => existsSync(name));
    assert.ok(file !== undefined, `there is no test ${path}`);
    const source = readFileSync(file, 'utf8').replaceAll(/\s+/g, ' ');
    for (const [, title = ''] of titles?.matchAll(/"([^"]+)"/g) ?? []) {
      assert.ok(source.includes(title), `${path} has no test "${title}"`);
    }
  }
});
