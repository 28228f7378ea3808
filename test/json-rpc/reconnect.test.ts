/** Clients whose server or link goes away: they come back, restore what they had, and say what they cannot know. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'clustercast';
import { code } from '../support/codes.js';
import { timers } from '../support/timers.js';
import { endOfTurn } from '../support/turn.js';
import { until } from '../support/until.js';
import { endChildren, forkChild } from './child.js';
import { onReconnectStage, streamNames } from './reconnect-stage.js';

/** Subscribes with everything that comes, values and gaps, put down in `story`. */
async function follow(client: Client, story: unknown[], event = 'e'): Promise<{ readonly id: string }> {
  const onGap = ({ reason }: { reason: string }): void => void story.push(`missed: ${reason}`);
  return client.subscribe(event, (value) => story.push(value), { onGap });
}

for (const medium of streamNames) {
  describe(`reconnecting on ${medium}`, () => {
    afterEach(endChildren);

    it('a server that goes away and comes back at its place is another run', () =>
      onReconnectStage(medium, async ({ start, client: connect }) => {
        const first = await start();
        const { client, story } = connect();
        await follow(client, story);
        await first.other.publish('e', 'first');
        await until(() => story.includes('first'), 'the value');
        // Sent at the end of this turn, to a server that does not read it any more.
        const inFlight = client.publish('f', 'in flight');
        await Promise.all([first.server.close(), assert.rejects(inFlight, code('OUTCOME_UNKNOWN'))]);
        assert.equal(first.server.stats().published, 1);
        await until(() => story.includes('disconnect'), 'the loss');
        assert.equal(client.stats().state, 'connecting');

        const late: unknown[] = [];
        const queued = [
          client.subscribe('late', (value) => late.push(value)),
          client.publish('f', 'queued'),
          client.publish('g', 'queued'),
        ] as const;
        await endOfTurn();
        assert.equal(client.stats().pending, 3);

        const second = await start();
        await Promise.all(queued);
        await until(() => story.includes('gap: restart'), 'the gap');
        assert.deepEqual(await second.other.publish('e', 'second'), { listeners: 1 });
        assert.deepEqual(await second.other.publish('late', 'late'), { listeners: 1 });
        await until(() => story.includes('second') && late.length === 1, 'the values');
        assert.deepEqual(story, [
          ...['connect', 'first', 'disconnect'],
          ...['connect', 'missed: restart', 'gap: restart', 'second'],
        ]);
        assert.deepEqual(late, ['late']);
        const { published, subscriptions } = second.server.stats();
        assert.deepEqual([published, subscriptions], [4, 2]);
      }));

    it('a link that is cut is another link to the same run', () =>
      onReconnectStage(medium, async ({ start, client: connect, proxy }) => {
        const { server, other } = await start();
        const { client, story } = connect('through the proxy');
        const subscription = await follow(client, story);
        const twin: unknown[] = [];
        await follow(client, twin);
        const { id: before } = subscription;
        proxy.freeze();
        const inFlight = client.publish('f', 'in flight');
        await endOfTurn();
        proxy.block();
        await assert.rejects(inFlight, code('OUTCOME_UNKNOWN'));
        await until(() => server.stats().connections === 1, 'the server notices');
        assert.deepEqual(await other.publish('e', 'missed'), { listeners: 0 });
        proxy.unblock();

        await until(() => story.includes('gap: reconnect'), 'the gap');
        assert.notEqual(subscription.id, before);
        assert.deepEqual(await other.publish('e', 'after'), { listeners: 1 });
        await until(() => story.includes('after') && twin.includes('after'), 'the value');
        const missed = 'missed: reconnect';
        assert.deepEqual(story, ['connect', 'disconnect', 'connect', missed, 'gap: reconnect', 'after']);
        assert.deepEqual(twin, [missed, 'after']);
        const { accepted, connections, subscriptions, published } = server.stats();
        assert.deepEqual([accepted, connections, subscriptions, published], [3, 2, 2, 2]);
      }));

    it('a link that is cut again before all is restored is restored by the next one', () =>
      onReconnectStage(medium, async ({ start, client: connect, proxy }) => {
        const { server, other } = await start();
        const { client, story } = connect('through the proxy');
        await follow(client, story);
        client.once('connect', () => proxy.cut());
        proxy.cut();
        await until(() => story.includes('gap: reconnect'), 'the gap');
        assert.deepEqual(await other.publish('e', 'after'), { listeners: 1 });
        await until(() => story.includes('after'), 'the value');
        assert.deepEqual(story, [
          ...['connect', 'disconnect', 'connect', 'disconnect', 'connect'],
          ...['missed: reconnect', 'gap: reconnect', 'after'],
        ]);
        await until(() => server.stats().connections === 2, 'only the last link is left');
        assert.equal(server.stats().subscriptions, 1);
      }));

    it('a server may start after its clients: nothing is lost, and no gap is told', () =>
      onReconnectStage(medium, async ({ start, client: connect }) => {
        const [one, two] = [connect(), connect()];
        const received: unknown[] = [];
        const subscribed = one.client.subscribe('e', (value) => received.push(value));
        const failures: unknown[] = [];
        // Several attempts have met nobody by now.
        await delay(500);
        assert.deepEqual([one.story, two.story], [[], []]);
        assert.equal(one.client.stats().state, 'connecting');
        await start();
        await Promise.all([one.client.ready, two.client.ready, subscribed]);
        for (let n = 0; n < 3; n++) await two.client.publish('e', n).catch((error) => failures.push(error));
        await until(() => received.length === 3, 'the values');
        assert.deepEqual([received, failures], [[0, 1, 2], []]);
        assert.deepEqual([one.story, two.story], [['connect'], ['connect']]);
      }));

    it('a server process that is killed is followed by another one at its place', () =>
      onReconnectStage(medium, async ({ client: connect, address }) => {
        const [first, second] = await Promise.all([forkChild('remote-server'), forkChild('remote-server')]);
        await first.call('start', medium, address);
        const { client, story } = connect();
        await follow(client, story);
        await first.call('publish', 'e', 'first');
        await until(() => story.includes('first'), 'the value');
        first.signal('SIGSTOP');
        const inFlight = client.publish('f', 'in flight');
        await endOfTurn();
        await Promise.all([first.kill('SIGKILL'), assert.rejects(inFlight, code('OUTCOME_UNKNOWN'))]);
        const queued = client.publish('f', 'queued');

        await second.call('start', medium, address);
        assert.deepEqual(await queued, { listeners: 0 });
        await until(() => story.includes('gap: restart'), 'the gap');
        assert.deepEqual(await second.call('publish', 'e', 'second'), { listeners: 1 });
        await until(() => story.includes('second'), 'the value');
        assert.deepEqual(story, [
          ...['connect', 'first', 'disconnect'],
          ...['connect', 'missed: restart', 'gap: restart', 'second'],
        ]);
      }));

    it('one that is closed while nobody answers ends at once, and leaves nothing', () =>
      onReconnectStage(medium, async ({ start, client: connect }) => {
        await until(() => timers() === 0, 'the end of what the test before has left');
        const never = connect();
        await endOfTurn();
        await never.client.close();
        assert.deepEqual(never.story, ['close']);
        assert.equal(timers(), 0);

        const { server, other } = await start();
        const { client, story } = connect();
        await follow(client, story);
        await other.close();
        await server.close();
        await until(() => story.includes('disconnect'), 'the loss');
        await client.close();
        assert.deepEqual(story, ['connect', 'disconnect', 'close']);
        assert.equal(timers(), 0);
      }));
  });
}
