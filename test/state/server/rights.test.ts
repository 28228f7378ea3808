/** Who may do what with maps and caches. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Server, type ClientInfo } from 'clustercast';
import { assertMay, checkRights } from '#lib/state/server/rights.js';
import { code } from '../../support/codes.js';
import { FakeAdapter } from '../../support/fake-adapter.js';

const id = 'client-0123456789';

describe('rights', () => {
  for (const kind of ['maps', 'caches'] as const) {
    it(`are what was granted, by name, for ${kind}: to write includes to read`, () => {
      const client: ClientInfo = { id, [kind]: { r: 'read', w: 'write' } };
      assertMay('read', kind, 'r', client);
      assertMay('read', kind, 'w', client);
      assertMay('write', kind, 'w', client);
      for (const [right, name] of [
        ['write', 'r'],
        ['read', 'c'],
        ['read', '__proto__'],
        ['read', 'toString'],
        ['read', ''],
      ] as const) {
        assert.throws(() => assertMay(right, kind, name, client), code('FORBIDDEN'), `${right} ${name}`);
        assert.throws(() => assertMay(right, kind, name, { id }), code('FORBIDDEN'));
      }
    });
  }

  it('to maps are none to caches, and the other way round', () => {
    assert.throws(() => assertMay('read', 'caches', 'm', { id, maps: { m: 'write' } }), code('FORBIDDEN'));
    assert.throws(() => assertMay('read', 'maps', 'c', { id, caches: { c: 'write' } }), code('FORBIDDEN'));
  });

  it('are all that there are, for a client that is not registered', () => {
    assertMay('write', 'maps', 'any', undefined);
    assertMay('write', 'caches', 'any', undefined);
  });

  it('are refused at registration where they are nonsense, and nothing is registered then', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
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
      for (const kind of ['maps', 'caches']) {
        const client = { id, [kind]: rights } as unknown as ClientInfo;
        assert.throws(() => checkRights(client), code('INVALID_ARGUMENT'), JSON.stringify(client));
        assert.throws(() => server.registerClient(client), code('INVALID_ARGUMENT'));
      }
    }
    checkRights({ id });
    checkRights({ id, maps: {}, caches: {} });
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
