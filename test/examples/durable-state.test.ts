/** `examples/durable-state`: what it shows, and what its file has in it and beside it. That it survives a kill is in `faults/killed-state.test.ts`. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { fileStore } from '../../examples/durable-state/file-store.js';
import { runExample } from '../support/example.js';

it('examples/durable-state goes on where the one before was killed', async () => {
  const { code, stdout, stderr } = await runExample('build/examples/durable-state/main.js');
  assert.deepEqual([stderr, stdout, code], ['', 'start 1\nstart 2\nstart 3\n', 0]);
});

describe('the file of examples/durable-state', () => {
  let directory = '';
  let path = '';
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'cc-'));
    path = join(directory, 'state');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is not there at first, and then holds what was saved last, for nobody else to read', async () => {
    const store = fileStore(path);
    assert.equal(await store.load(), undefined);
    for (const text of ['one', 'and another, é', '']) {
      await store.save(text);
      assert.equal(await fileStore(path).load(), text);
    }
    assert.deepEqual(readdirSync(directory), ['state']);
    assert.equal(statSync(path).mode & 0o777, 0o600);
  });

  it('is freed of what others had begun, and of nothing else', async () => {
    const others = ['state.tmp', 'state.1a.tmp', 'states.1.tmp', 'state.1', 'other'];
    for (const name of [...others, 'state.1.tmp', 'state.4194304.tmp'])
      writeFileSync(join(directory, name), 'x');
    assert.equal(await fileStore(path).load(), undefined);
    assert.deepEqual(readdirSync(directory).toSorted(), others.toSorted());
  });

  it('stays as it was where a save fails, and a load fails where it cannot be read', async () => {
    await fileStore(path).save('one');
    await assert.rejects(fileStore(join(directory, 'none', 'state')).save('two'), { code: 'ENOENT' });
    await assert.rejects(fileStore(join(directory, 'none', 'state')).load(), { code: 'ENOENT' });
    await assert.rejects(fileStore(directory).load(), { code: 'EISDIR' });
    assert.equal(readFileSync(path, 'utf8'), 'one');
  });
});
