/** A client whose process is stopped: given up when it has been silent for too long, and back when it goes on. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { mediaNames, onStage, type AbuseStage } from '../support/abuse-stage.js';
import { until, within } from '../support/until.js';
import { endWorkers, forkWorker, type Forked } from '../support/workers.js';

describe('a stopped client', () => {
  afterEach(endWorkers);

  it('is given up, and comes back with a gap, over each medium; the others do not notice', () =>
    onStage({ silenceTime: 1_500 }, async (stage) => {
      const stopped = await Promise.all(mediaNames.map((medium) => forkClient(stage, medium)));
      const living = await forkClient(stage, 'tcp');
      const { connections } = stage.server.stats();
      for (const { worker } of stopped) worker.process.kill('SIGSTOP');
      try {
        const isGivenUp = async (): Promise<boolean> => {
          await stage.serves();
          return stage.server.stats().connections === connections - stopped.length;
        };
        await until(isGivenUp, 'the stopped ones are given up', 30_000);
        assert.deepEqual(stage.server.stats().turnedAway, { silenceTime: stopped.length });
        // Nobody else is told of it, and what they miss is missed.
        assert.deepEqual(await stage.publisher.publish('stopped', 'missed'), { listeners: 1 });
        await until(async () => (await receivedBy(living)).length === 1, 'the one that lives is told');
      } finally {
        for (const { worker } of stopped) worker.process.kill('SIGCONT');
      }
      await until(() => stage.server.stats().connections === connections, 'they are back', 30_000);
      await until(async () => (await listeners(stage, 'back')) === 4, 'they have subscribed again');
      for (const forked of stopped) {
        await until(async () => (await receivedBy(forked)).at(-1) === 'back', 'it is told again');
        assert.deepEqual(await forked.call('events'), [
          ...['connect', 'disconnect', 'connect'],
          'gap: reconnect, unknown',
        ]);
        assert.ok(!(await receivedBy(forked)).includes('missed'));
        const { listeners: heard } = (await forked.call('publish', 'honest', 1)) as { listeners: number };
        assert.equal(heard, 1);
      }
      assert.deepEqual(await living.call('events'), ['connect']);
      assert.deepEqual(stage.server.stats().turnedAway, { silenceTime: stopped.length });
      await Promise.all([...stopped, living].map(({ call }) => call('close')));
      await endWorkers();
    }));
});

async function forkClient(stage: AbuseStage, medium: (typeof mediaNames)[number]): Promise<Forked> {
  const { path = '', port = '' } = stage.targets[medium] as { path?: string; port?: number };
  const forked = forkWorker('abuse-client', { MEDIUM: medium, SOCKET: path, PORT: String(port) });
  await within(forked.ready, 'a client is ready', 30_000);
  return forked;
}

async function receivedBy({ call }: Forked): Promise<unknown[]> {
  return (await call('received')) as unknown[];
}

async function listeners(stage: AbuseStage, value: string): Promise<number> {
  return (await stage.publisher.publish('stopped', value)).listeners;
}
