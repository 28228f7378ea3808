/** How a cache says what it has dropped: once for all, again where that failed, and not for ever. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PubSubError, type PubSubErrorCode } from 'clustercast';
import { Acknowledgement } from '#lib/state/client/caches/acknowledgement.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { endOfTurn } from '../../../support/turn.js';

class Stage {
  readonly said: number[] = [];
  /** What the next ones are refused with. */
  readonly refusals: PubSubErrorCode[] = [];
  readonly acknowledgement = new Acknowledgement((number) => {
    this.said.push(number);
    const refusal = this.refusals.shift();
    if (refusal === undefined) return Promise.resolve();
    return Promise.reject(new PubSubError(refusal, 'not now'));
  });
}

describe('an acknowledgement', () => {
  it('is said once for all that come together, and stands for the highest', async () => {
    const { acknowledgement, said } = new Stage();
    for (const number of [1, 3, 2]) acknowledgement.add(number);
    assert.deepEqual(said, []);
    await endOfTurn();
    assert.deepEqual(said, [3]);
    acknowledgement.add(4);
    await endOfTurn();
    assert.deepEqual(said, [3, 4]);
  });

  it('is said again where there was no room or no answer, with what has come meanwhile', async (t) => {
    const clock = FakeClock.of(t);
    const { acknowledgement, said, refusals } = new Stage();
    refusals.push('ERR_PUBSUB_BACKPRESSURE', 'ERR_PUBSUB_TIMEOUT');
    acknowledgement.add(1);
    await endOfTurn();
    assert.deepEqual([said, clock.size, clock.holding], [[1], 1, 0]);
    clock.pass(clock.next);
    await endOfTurn();
    assert.deepEqual(said, [1, 1]);
    acknowledgement.add(2);
    await endOfTurn();
    assert.deepEqual([said, clock.size], [[1, 1, 2], 0]);
  });

  it('is not said again where it was refused for good, or its link is lost', async (t) => {
    const clock = FakeClock.of(t);
    for (const refusal of [
      'ERR_PUBSUB_FORBIDDEN',
      'ERR_PUBSUB_OUTCOME_UNKNOWN',
      'ERR_PUBSUB_CLOSED',
    ] as const) {
      const { acknowledgement, said, refusals } = new Stage();
      refusals.push(refusal);
      acknowledgement.add(1);
      await endOfTurn();
      assert.deepEqual([said, clock.size], [[1], 0]);
    }
  });

  it('ends with its link: what is due is not said, and no timer is left', async (t) => {
    const clock = FakeClock.of(t);
    const { acknowledgement, said, refusals } = new Stage();
    refusals.push('ERR_PUBSUB_TIMEOUT');
    acknowledgement.add(1);
    await endOfTurn();
    acknowledgement.add(2);
    acknowledgement.end();
    await endOfTurn();
    assert.deepEqual([said, clock.size], [[1], 0]);
    const late = new Stage();
    late.refusals.push('ERR_PUBSUB_TIMEOUT');
    late.acknowledgement.add(1);
    // It is refused after the end.
    queueMicrotask(() => late.acknowledgement.end());
    await endOfTurn();
    assert.deepEqual([late.said, clock.size], [[1], 0]);
  });
});
