/** A worker that publishes while its primary is stopped: it keeps so much, refuses the rest, and loses nothing that it took. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { event, onCluster } from '../support/fault-cluster.js';
import { keyOf } from '../support/fault-values.js';

const outboxMessages = 2_000;

describe('the primary is stopped', () => {
  it('a worker publishes on: what its outbox has room for arrives in order, the rest is refused', () =>
    onCluster({}, async (cluster) => {
      const [publisher, other] = await cluster.fork(2, { outboxMessages });
      assert.ok(publisher !== undefined && other !== undefined);
      const { pending, wasFull, left, outcomes } = (await publisher.call(
        'fillOutbox',
        event,
        publisher.place,
      )) as Filled;
      assert.equal(pending, outboxMessages);
      assert.ok(wasFull, 'a wait for room lasts while there is none');
      assert.ok(left <= outboxMessages / 2, 'there is room when it is over');
      const refused = 'ERR_PUBSUB_BACKPRESSURE';
      assert.deepEqual([...new Set(outcomes)].toSorted(), [refused, 'answered'].toSorted());
      assert.equal(outcomes.filter((outcome) => outcome === 'answered').length, outboxMessages + 1);
      assert.equal(outcomes.at(-1), 'answered');
      await cluster.settle([publisher, other]);
      const accepted = outcomes.flatMap((outcome, n) =>
        outcome === 'answered' ? [keyOf(publisher.place, n)] : [],
      );
      assert.deepEqual((await cluster.order()).slice(0, -1), accepted);
      await cluster.end();
    }));
});

interface Filled {
  readonly pending: number;
  readonly wasFull: boolean;
  readonly left: number;
  readonly outcomes: readonly string[];
}
