/** Values nested so deeply that a serialization of the channel gives up: whose fault it is, and who suffers. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { startPrimary, type Primary } from 'clustercast';
import { Injector } from '../support/injector.js';
import { until } from '../support/until.js';
import { endWorkers, forkWorker, useSerialization } from '../support/workers.js';

const depth = 50_000;

describe('a value that is too deep for the channel', () => {
  let primary: Primary | undefined;

  afterEach(async () => {
    await endWorkers();
    await primary?.close();
  });

  for (const serialization of ['advanced', 'json'] as const) {
    it(`costs a subscriber without batches its link at most, which is told, and nobody else anything (${serialization})`, async () => {
      useSerialization(serialization);
      const injector = new Injector();
      primary = await startPrimary({ adapters: [injector] });
      const plain = forkWorker('replica', { PLAIN: '1' });
      const other = forkWorker('replica');
      await Promise.all([plain.ready, other.ready]);
      await Promise.all([plain.call('subscribe', 'e'), other.call('subscribe', 'f')]);
      // As text it travels anywhere; only spelled as a documented message it has to be serialized.
      const deep = '['.repeat(depth) + ']'.repeat(depth);
      const publisher = primary.connect();
      injector.inject('e', deep);
      // Newer versions of Node.js serialize it as JSON all the same.
      const hasArrived = async (): Promise<boolean> => (await plain.call('count', 'e')) === 1;
      const wasTold = async (): Promise<boolean> => String(await plain.call('gaps')) === 'reconnect';
      await until(async () => (await hasArrived()) || (await wasTold()), 'the value, or the gap');
      const isLost = await wasTold();
      assert.deepEqual(
        await plain.call('states'),
        isLost ? ['connect', 'disconnect', 'connect'] : ['connect'],
      );
      assert.deepEqual(await publisher.publish('e', 'next'), { listeners: 1 });
      await until(async () => (await plain.call('count', 'e')) === (isLost ? 1 : 2), 'what follows');
      assert.deepEqual(await other.call('states'), ['connect']);
    });

    it(`does not end a worker that publishes it without batches (${serialization})`, async () => {
      useSerialization(serialization);
      primary = await startPrimary();
      const plain = forkWorker('replica', { PLAIN: '1' });
      await plain.ready;
      // Some versions of Node.js cannot even encode it, and some can serialize it as well.
      const told = String(await plain.call('publishDeep', 'e', depth));
      assert.ok(['ERR_PUBSUB_SERIALIZE', 'ERR_PUBSUB_OUTCOME_UNKNOWN', '0'].includes(told), told);
      assert.equal(await plain.call('publish', 'e', 1), 0);
    });
  }
});
