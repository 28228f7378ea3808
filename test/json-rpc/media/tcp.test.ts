/** TCP: what its options may be, where it listens, and what it is called. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from 'clustercast';
import { tcp, type TextHost } from 'clustercast/json-rpc';
import { code } from '../../support/codes.js';

const host: TextHost = {
  limits: defaultLimits,
  refusal: () => undefined,
  accept: () => assert.fail('nobody connects'),
  turnedAway: () => undefined,
};

describe('the options of TCP', () => {
  it('are a port and a host, on both sides', () => {
    for (const side of [tcp.listen, tcp.connect]) {
      for (const port of [-1, 65_536, 1.5, NaN, '7000', undefined, null] as number[])
        assert.throws(() => side({ port }), code('INVALID_ARGUMENT'), String(port));
      for (const name of ['', 7, null] as string[])
        assert.throws(() => side({ port: 7000, host: name }), code('INVALID_ARGUMENT'), name);
      for (const port of [0, 65_535]) assert.doesNotThrow(() => side({ port, host: 'example.test' }));
    }
  });

  it('lead to this machine, unless they say otherwise', () => {
    assert.equal(tcp.connect({ port: 7000 }).target, 'tcp 127.0.0.1:7000');
    assert.equal(tcp.connect({ port: 7000, host: 'app.example' }).target, 'tcp app.example:7000');
  });
});

describe('a source of TCP connections', () => {
  it('tells its port while it listens', async () => {
    const source = tcp.listen({ port: 0 });
    assert.deepEqual([source.name, source.port], ['tcp', undefined]);
    await source.close();
    await source.start(host);
    assert.ok((source.port ?? 0) > 0);
    await source.close();
    assert.equal(source.port, undefined);
  });

  it('does not start where somebody listens already', async () => {
    const source = tcp.listen({ port: 0 });
    await source.start(host);
    const second = tcp.listen({ port: source.port ?? 0 });
    await assert.rejects(async () => second.start(host), { code: 'EADDRINUSE' });
    await second.close();
    await source.close();
  });
});
