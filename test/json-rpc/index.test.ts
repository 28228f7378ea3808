/** What `clustercast/json-rpc` exports: this, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as entry from 'clustercast/json-rpc';

describe('clustercast/json-rpc', () => {
  it('exports the adapter, the client and the three media', () => {
    assert.deepEqual(Object.keys(entry).toSorted(), [
      'JsonRpcAdapter',
      'JsonRpcClient',
      'tcp',
      'unix',
      'webSocket',
    ]);
    for (const medium of [entry.tcp, entry.unix, entry.webSocket])
      assert.deepEqual(Object.keys(medium).toSorted(), ['connect', 'listen']);
  });
});
