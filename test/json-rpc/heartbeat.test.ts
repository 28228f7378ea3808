/** Signs of life: who has fallen silent is given up by the other side, who only has nothing to say is not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { code } from '../support/codes.js';
import { until } from '../support/until.js';
import { onReconnectStage, streamNames } from './reconnect-stage.js';

/** In milliseconds: each side looks twice in that time, or once, and gives up after the second look. */
const silenceTime = 1_000;

describe('heartbeats', { concurrency: true }, () => {
  for (const medium of streamNames) {
    it(`a link that swallows everything is noticed by both sides, on ${medium}`, () =>
      onReconnectStage(medium, async ({ start, client: connect, proxy }) => {
        const { server, other } = await start({ silenceTime });
        const { client, story } = connect('through the proxy');
        const reasons: unknown[] = [];
        client.on('disconnect', (reason) => reasons.push(reason?.message));
        const onGap = ({ reason }: { reason: string }): void => void story.push(`missed: ${reason}`);
        await client.subscribe('e', (value) => story.push(value), { onGap });
        proxy.freeze();
        await assert.rejects(client.publish('f', 'swallowed'), code('OUTCOME_UNKNOWN'));
        assert.match(String(reasons[0]), /silent/);
        await until(() => story.includes('gap: reconnect'), 'the gap');
        await until(() => (server.stats().turnedAway.silenceTime ?? 0) > 0, 'the server has noticed, too');
        await until(() => server.stats().connections === 2, 'and dropped it');
        assert.equal(server.stats().published, 0);
        assert.deepEqual(await other.publish('e', 'after'), { listeners: 1 });
        await until(() => story.includes('after'), 'the value');
        assert.deepEqual(story, [
          ...['connect', 'disconnect', 'connect', 'missed: reconnect', 'gap: reconnect', 'after'],
        ]);
      }));

    it(`one who lives and has nothing to say is not taken for dead, on ${medium}`, () =>
      onReconnectStage(medium, async ({ start, client: connect }) => {
        const { server, other } = await start({ silenceTime });
        const { client, story } = connect();
        await client.subscribe('e', (value) => story.push(value));
        await delay(2.5 * silenceTime);
        assert.deepEqual(await other.publish('e', 'still'), { listeners: 1 });
        await until(() => story.includes('still'), 'the value');
        assert.deepEqual(story, ['connect', 'still']);
        assert.deepEqual(server.stats().turnedAway, {});
      }));
  }
});
