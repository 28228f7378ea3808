/**
 * The state of `examples/rolling-restart` in the order of events in which one that joins, or two that write, could lose
 * something. Under load that is a matter of luck; here it is made to happen.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startPrimary, type Primary } from 'clustercast';
import { Flags, type Events } from '../../examples/rolling-restart/flags.js';
import { until } from '../support/until.js';

describe('the flags of examples/rolling-restart', () => {
  let primary: Primary;
  before(async () => {
    primary = await startPrimary();
  });
  after(() => primary.close());

  it('keep a change that comes while one that joins waits for the answer', async () => {
    const leader = primary.connect<Events>();
    const writer = new Flags(primary.connect<Events>(), 1);
    await leader.subscribe('flags::wanted', async (answer) => {
      await writer.set('meanwhile', 'on');
      await leader.publish(answer, [{ name: 'before', value: 'on', version: 1, by: 1 }]);
    });
    const joiner = new Flags(primary.connect<Events>(), 2);
    await joiner.join();
    assert.deepEqual(joiner.all(), { before: 'on', meanwhile: 'on' });
    await leader.close();
  });

  it('are the same everywhere after two have set one at once', async () => {
    const leader = new Flags(primary.connect<Events>(), 0);
    await leader.lead();
    const workers = [1, 2].map((number) => new Flags(primary.connect<Events>(), number));
    await Promise.all(workers.map((worker) => worker.join()));
    await Promise.all(workers.map((worker, index) => worker.set('color', ['red', 'blue'][index] ?? '')));
    const all = [leader, ...workers];
    await until(
      () => all.map(({ changes }) => changes).join() === '2,1,1',
      'each hears what others have set',
    );
    assert.deepEqual(
      all.map((flags) => flags.get('color')),
      ['blue', 'blue', 'blue'],
    );
  });
});
