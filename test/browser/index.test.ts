/** What `clustercast/browser` exports, from its sources and in its one file: this, and nothing else. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as bundle from 'clustercast/browser';
import * as sources from '#lib/browser/index.js';

const isInvalidOf =
  ({ PubSubError }: typeof sources) =>
  (error: unknown): boolean =>
    error instanceof PubSubError && error.code === 'ERR_PUBSUB_INVALID_ARGUMENT';

for (const [name, entry] of Object.entries({ bundle, sources })) {
  describe(`the ${name} of clustercast/browser`, () => {
    it('export the client, its errors and the WebSocket', () => {
      assert.deepEqual(Object.keys(entry).toSorted(), ['JsonRpcClient', 'PubSubError', 'webSocket']);
      assert.deepEqual(Object.keys(entry.webSocket), ['connect']);
    });

    it('refuse what is no id and no address with an error of their own', () => {
      assert.throws(() => new entry.JsonRpcClient('', entry.webSocket.connect('ws://a')), isInvalidOf(entry));
      assert.throws(() => entry.webSocket.connect('http://a'), isInvalidOf(entry));
    });
  });
}
