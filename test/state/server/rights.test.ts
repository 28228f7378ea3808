/** Who may do what with maps and caches. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Server, type ClientInfo } from 'clustercast';
import { assertMay, checkRights } from '#lib/state/server/rights.js';
import { code } from '../../support/codes.js';
import { FakeAdapter } from '../../support/fake-adapter.js';

const id = 'client-0123456789';

describe('rights', () => {
  it('are what was granted, by name: to write includes to read', () => {
    const client: ClientInfo = { id, maps: { r: 'read', w: 'write' }, caches: { c: 'read' } };
    assertMay('read', 'maps', 'r', client);
    assertMay('read', 'maps', 'w', client);
    assertMay('write', 'maps', 'w', client);
    assertMay('read', 'caches', 'c', client);
    for (const [right, kind, name] of [
      ['write', 'maps', 'r'],
      ['read', 'maps', 'c'],
      ['write', 'caches', 'c'],
      ['read', 'caches', 'w'],
      ['read', 'maps', '__proto__'],
      ['read', 'maps', 'toString'],
      ['read', 'maps', ''],
    ] as const) {
      assert.throws(
        () => assertMay(right, kind, name, client),
        code('FORBIDDEN'),
        `${right} ${kind} ${name}`,
      );
      assert.throws(() => assertMay(right, kind, name, { id }), code('FORBIDDEN'));
    }
  });

  it('are all that there are, for a client that is not registered', () => {
    for (const kind of ['maps', 'caches'] as const) assertMay('write', kind, 'any', undefined);
  });

  it('are refused at registration where they are nonsense, and nothing is registered then', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    for (const kind of ['maps', 'caches'] as const) {
      for (const rights of [
        null,
        'read',
        7,
        ['read'],
        { m: 'all' },
        { m: undefined },
        { m: true },
        { m: null },
      ]) {
        const client = { id, [kind]: rights } as unknown as ClientInfo;
        assert.throws(() => checkRights(client), code('INVALID_ARGUMENT'), JSON.stringify(client));
        assert.throws(() => server.registerClient(client), code('INVALID_ARGUMENT'));
      }
    }
    checkRights({ id });
    checkRights({ id, maps: {}, caches: undefined } as unknown as ClientInfo);
    server.registerClient({ id, maps: { m: 'read' } });
    await server.start();
    const peer = adapter.connect(id);
    assert.equal((await peer.ask('map.attach', { map: 'm' })).status, true);
    await server.close();
  });

  it('are those of the registration, whatever becomes of the object that it was given', async () => {
    const adapter = new FakeAdapter();
    const maps: Record<string, 'read' | 'write'> = { m: 'read' };
    const server = new Server([adapter]).registerClient({ id, maps });
    await server.start();
    maps['m'] = 'write';
    maps['other'] = 'write';
    const peer = adapter.connect(id);
    for (const map of ['m', 'other']) {
      const refused = await peer.ask('map.set', { map, key: 'k', json: '1' });
      assert.equal(refused.code, 'ERR_PUBSUB_FORBIDDEN', map);
    }
    await server.close();
  });
});
