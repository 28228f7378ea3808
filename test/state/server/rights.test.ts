/** Who may do what with maps. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Server, type ClientInfo } from 'clustercast';
import { assertMay, checkRights } from '#lib/state/server/rights.js';
import { code } from '../../support/codes.js';
import { FakeAdapter } from '../../support/fake-adapter.js';

const id = 'client-0123456789';

describe('rights', () => {
  it('are what was granted, by name: to write includes to read', () => {
    const client: ClientInfo = { id, maps: { r: 'read', w: 'write' } };
    assertMay('read', 'r', client);
    assertMay('read', 'w', client);
    assertMay('write', 'w', client);
    for (const [right, name] of [
      ['write', 'r'],
      ['read', 'c'],
      ['read', '__proto__'],
      ['read', 'toString'],
      ['read', ''],
    ] as const) {
      assert.throws(() => assertMay(right, name, client), code('FORBIDDEN'), `${right} ${name}`);
      assert.throws(() => assertMay(right, name, { id }), code('FORBIDDEN'));
    }
  });

  it('are all that there are, for a client that is not registered', () => {
    assertMay('write', 'any', undefined);
  });

  it('are refused at registration where they are nonsense, and nothing is registered then', async () => {
    const adapter = new FakeAdapter();
    const server = new Server([adapter]);
    for (const maps of [
      null,
      'read',
      7,
      ['read'],
      { m: 'all' },
      { m: undefined },
      { m: true },
      { m: null },
    ]) {
      const client = { id, maps } as unknown as ClientInfo;
      assert.throws(() => checkRights(client), code('INVALID_ARGUMENT'), JSON.stringify(client));
      assert.throws(() => server.registerClient(client), code('INVALID_ARGUMENT'));
    }
    checkRights({ id });
    checkRights({ id, maps: {} });
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
