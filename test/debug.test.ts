/** The log: it tells who came, went and was refused, and never an id that may be a secret, nor a value. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runProgram } from './support/program.js';

describe('the log', () => {
  it('tells what happens, and neither ids nor values', async () => {
    const { code, stderr } = await runProgram('debug-story', { DEBUG: 'clustercast:*' });
    assert.equal(code, 0, stderr);
    for (const line of [
      /clustercast:server starting with adapters ipc, memory, remote/,
      /clustercast:server connected: peer 1/,
      /clustercast:server connected: memory client 1/,
      /clustercast:server connected: worker 1 \(pid \d+\), client 1/,
      /clustercast:server peer 1 is client #[0-9a-f]{8}\n/,
      /clustercast:server peer 1 subscribed to "e"\n/,
      /clustercast:server worker 1 \(pid \d+\), client 2 subscribed to "e"\n/,
      /clustercast:server memory client 1 unsubscribed from "e"\n/,
      /clustercast:server refused a request of peer 1: ERR_PUBSUB_FORBIDDEN\n/,
      /clustercast:server refused a request of peer 1: ERR_PUBSUB_UNAUTHORIZED\n/,
      /clustercast:server refused a request of peer 1: ERR_PUBSUB_PROTOCOL\n/,
      /clustercast:server refused a publish of memory client 2: ERR_PUBSUB_FORBIDDEN\n/,
      /clustercast:server gone: peer 1, with 1 subscriptions: it closed its link\n/,
      /clustercast:server gone: memory client 2, with 1 subscriptions/,
      /clustercast:server closed\n/,
      /clustercast:client unheard error: Error\n/,
      /clustercast:client closed\n/,
      /clustercast:ipc port [0-9a-f]{32} is open\n/,
      /clustercast:client link lost: /,
      /clustercast:ipc worker 1 \(pid \d+\) is gone: /,
      /clustercast:server gone: worker 1 \(pid \d+\), client \d+, with 1 subscriptions: its channel was closed\n/,
    ]) {
      assert.match(stderr, line);
    }
    assert.doesNotMatch(stderr, /canary/);
  });

  it('tells who was refused when it wanted to connect', async () => {
    const { stderr } = await runProgram('debug-story', { DEBUG: 'clustercast:*' });
    assert.match(stderr, /refused .*worker 1 \(pid \d+\).*ERR_PUBSUB_UNAUTHORIZED/);
    assert.match(stderr, /refused .*memory client 3.*ERR_PUBSUB_UNAUTHORIZED/);
  });

  it('is silent where nobody asks for it', async () => {
    const { code, stderr } = await runProgram('debug-story', { DEBUG: '' });
    assert.deepEqual([code, stderr], [0, '']);
  });
});
