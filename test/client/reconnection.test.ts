/** A client whose link is lost and opened again: what is said again, what is not, and what is told as missed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PubSubError, type Gap } from 'clustercast';
import { code } from '../support/codes.js';
import { connected } from '../support/fake-client.js';
import { endOfTurn } from '../support/turn.js';

const reconnect: Gap = { reason: 'reconnect', count: undefined, events: undefined };
const restart: Gap = { ...reconnect, reason: 'restart' };

describe('a client that loses its link', () => {
  it('raises disconnect with the reason, and connect again', async () => {
    const fake = connected();
    const error = new PubSubError('ERR_PUBSUB_CLOSED', 'gone');
    fake.channel.lose({ isFinal: false, error });
    assert.deepEqual(fake.raised.slice(1), [['disconnect', error]]);
    assert.equal(fake.client.stats().state, 'connecting');
    fake.channel.open({ clientId: 'another' });
    await fake.client.ready;
    assert.deepEqual(fake.kinds, ['connect', 'disconnect', 'connect']);
    assert.deepEqual([fake.client.stats().state, fake.client.clientId], ['open', 'another']);
    await fake.end();
  });

  it('never says again what it had said, and says on the next link what it had not', async () => {
    const fake = connected();
    const sent = [fake.client.publish('e', 1), fake.client.subscribe('e')];
    await endOfTurn();
    const queued = [fake.client.publish('e', 2), fake.client.publish('e', 3)];
    fake.channel.lose();
    await Promise.all(sent.map((request) => assert.rejects(request, code('OUTCOME_UNKNOWN'))));
    const late = fake.client.subscribe('late', { onGap: () => assert.fail('it is new') });
    fake.channel.open();
    const asked = await fake.channel.asked();
    assert.deepEqual(
      asked.map(({ method, params }) => [method, params['event_name'], params['value']]),
      [
        ['publish', 'e', 2],
        ['publish', 'e', 3],
        ['subscribe', 'late', undefined],
      ],
    );
    fake.channel.accept(asked);
    await Promise.all([...queued, late]);
    assert.deepEqual([fake.client.stats().pending, fake.of('gap')], [0, []]);
    await fake.end();
  });

  it('tells no gap where it had no subscription', async () => {
    const fake = connected();
    fake.reconnect('second');
    assert.deepEqual([await fake.channel.asked(), fake.of('gap')], [[], []]);
    await fake.end();
  });
});

describe('the subscriptions of a client that loses its link', () => {
  it('are asked for again, each of them, and get new ids', async () => {
    const fake = connected();
    const all = [await fake.subscribe('a'), await fake.subscribe('a'), await fake.subscribe('b')];
    assert.equal(fake.client.stats().subscriptions, 3);
    fake.reconnect();
    assert.equal(fake.client.stats().subscriptions, 0);
    const asked = await fake.channel.asked();
    assert.deepEqual(
      asked.map(({ method, params }) => [method, params]),
      ['a', 'a', 'b'].map((event_name) => ['subscribe', { event_name }]),
    );
    fake.channel.accept(asked, 'new ');
    assert.deepEqual(
      all.map(({ id }) => id),
      asked.map(({ request_id }) => `new ${request_id}`),
    );
    assert.equal(fake.client.stats().subscriptions, 3);
    await fake.end();
  });

  it('take each value once, from the answer on, and are told the gap before the first', async () => {
    const fake = connected();
    const stories: unknown[][] = [[], []];
    for (const story of stories) {
      await fake.subscribe(
        'e',
        (value) => story.push(value),
        (gap) => story.push(gap),
      );
    }
    fake.channel.publish('e', 'before');
    fake.reconnect();
    const [first, second] = (await fake.channel.asked()) as [never, never];
    fake.channel.publish('e', 'for neither');
    fake.channel.accept([first]);
    fake.channel.publish('e', 'for the first');
    assert.deepEqual(fake.of('gap'), []);
    fake.channel.accept([second]);
    fake.channel.publish('e', 'for both');
    assert.deepEqual(stories, [
      ['before', reconnect, 'for the first', 'for both'],
      ['before', reconnect, 'for both'],
    ]);
    assert.deepEqual(fake.of('gap'), [reconnect]);
    await fake.end();
  });

  it('tell whoever iterates of the gap at its place', async () => {
    const fake = connected();
    const story: unknown[] = [];
    const subscription = await fake.subscribe('e', undefined, (gap) => story.push(gap));
    fake.channel.publish('e', 1, 2);
    fake.reconnect();
    fake.channel.accept(await fake.channel.asked());
    fake.channel.publish('e', 3);
    const values = subscription[Symbol.asyncIterator]();
    for (let i = 0; i < 3; i++) story.push((await values.next()).value);
    assert.deepEqual(story, [1, 2, reconnect, 3]);
    await fake.end();
  });

  it('are told whether the server is another run of it', async () => {
    const fake = connected();
    const gaps: Gap[] = [];
    await fake.subscribe(
      'e',
      () => undefined,
      (gap) => gaps.push(gap),
    );
    for (const epoch of ['first', 'second', 'second']) {
      fake.reconnect(epoch);
      fake.channel.accept(await fake.channel.asked());
    }
    assert.deepEqual(gaps, [reconnect, restart, reconnect]);
    assert.deepEqual(fake.of('gap'), gaps);
    await fake.end();
  });

  it('are told a gap that nobody can count, and the statistics do not count it', async () => {
    const fake = connected();
    await fake.subscribe('e', () => undefined);
    fake.reconnect();
    fake.channel.accept(await fake.channel.asked());
    assert.equal(fake.client.stats().missed, 0);
    await fake.end();
  });

  it('are restored although the outbox is full', async () => {
    const fake = connected({ limits: { outboxMessages: 1 } });
    const values: unknown[] = [];
    for (const event of ['a', 'b']) await fake.subscribe(event, (value) => values.push(value));
    fake.channel.lose();
    const published = fake.client.publish('e', 1);
    fake.channel.open();
    const asked = await fake.channel.asked();
    assert.equal(asked.length, 3);
    fake.channel.accept(asked);
    await published;
    for (const event of ['a', 'b']) fake.channel.publish(event, event);
    assert.deepEqual(values, ['a', 'b']);
    await fake.end();
  });

  it('are restored on the third link where the second is lost meanwhile', async () => {
    const fake = connected();
    const story: unknown[] = [];
    for (const event of ['a', 'b']) {
      await fake.subscribe(
        event,
        (value) => story.push(value),
        ({ reason }) => story.push(`${event} ${reason}`),
      );
    }
    fake.reconnect();
    fake.channel.accept((await fake.channel.asked()).slice(0, 1));
    fake.channel.publish('a', 1);
    fake.reconnect('second');
    const asked = await fake.channel.asked();
    assert.deepEqual(new Set(asked.map(({ params }) => params['event_name'])), new Set(['a', 'b']));
    fake.channel.accept(asked);
    for (const event of ['a', 'b']) fake.channel.publish(event, 2);
    // In the order of what was asked for: b, which had waited longer, then a.
    assert.deepEqual(story, ['a reconnect', 1, 'b restart', 'a restart', 2, 2]);
    assert.deepEqual([fake.of('gap'), fake.client.stats().pending], [[restart], 0]);
    assert.deepEqual(fake.of('error'), []);
    await fake.end();
  });

  it('are not restored where they were ended meanwhile, and nothing is said of them', async () => {
    const fake = connected();
    const subscription = await fake.subscribe('e', () => assert.fail('it has ended'));
    fake.channel.lose();
    await subscription.unsubscribe();
    fake.channel.open();
    assert.deepEqual([await fake.channel.asked(), fake.of('gap')], [[], []]);
    await fake.end();
  });

  it('are given back where they are ended while they are being restored', async () => {
    const fake = connected();
    const subscription = await fake.subscribe(
      'e',
      () => assert.fail('it has ended'),
      () => assert.fail('it has ended'),
    );
    fake.reconnect();
    const request = await fake.channel.askedOne();
    const unsubscribed = subscription.unsubscribe();
    fake.channel.accept([request], 'new ');
    fake.channel.publish('e', 1);
    const undo = await fake.channel.askedOne();
    assert.deepEqual(
      [undo.method, undo.params],
      ['unsubscribe', { subscription_id: `new ${request.request_id}` }],
    );
    fake.channel.accept([undo]);
    await unsubscribed;
    assert.deepEqual([fake.client.stats().subscriptions, fake.client.stats().pending], [0, 0]);
    await fake.end();
  });

  it('end with the error where they are refused, after what had arrived, and the others live on', async () => {
    const fake = connected();
    const subscription = await fake.subscribe('refused');
    const values: unknown[] = [];
    await fake.subscribe('granted', (value) => values.push(value));
    fake.channel.publish('refused', 1);
    fake.reconnect();
    const [refused, granted] = (await fake.channel.asked()) as [never, never];
    fake.channel.refuse(refused, 'ERR_PUBSUB_FORBIDDEN', 'no longer');
    fake.channel.accept([granted]);
    fake.channel.publish('granted', 2);
    const arrived: unknown[] = [];
    await assert.rejects(async () => {
      for await (const value of subscription) arrived.push(value);
    }, code('FORBIDDEN'));
    assert.deepEqual([arrived, values], [[1], [2]]);
    assert.deepEqual(
      fake.of('error').map((error) => (error as PubSubError).code),
      ['ERR_PUBSUB_FORBIDDEN'],
    );
    assert.deepEqual([fake.of('gap'), fake.client.stats().subscriptions], [[reconnect], 1]);
    fake.reconnect();
    assert.equal((await fake.channel.askedOne()).params['event_name'], 'granted');
    await subscription.unsubscribe();
    await fake.end();
  });

  it('end with the error where nobody answers in time', async () => {
    // Each request is sent at once, before it can be past its time.
    const fake = connected({ timeout: 1, limits: { batchMessages: 1 } });
    const subscribed = fake.client.subscribe('e');
    fake.channel.accept(fake.channel.requests);
    const values = (await subscribed)[Symbol.asyncIterator]();
    fake.reconnect();
    await assert.rejects(values.next(), code('TIMEOUT'));
    // What the server grants after all is given back.
    const request = await fake.channel.askedOne();
    fake.channel.accept([request], 'late ');
    const undo = fake.channel.requests.at(-1);
    assert.deepEqual(undo?.params, { subscription_id: `late ${request.request_id}` });
    await fake.end();
  });

  it('whose end was being asked for have ended', async () => {
    const fake = connected();
    const subscription = await fake.subscribe('e');
    const sent = subscription.unsubscribe();
    await endOfTurn();
    fake.channel.lose();
    await sent;
    fake.channel.open();
    assert.deepEqual(await fake.channel.asked(), []);
    await fake.end();
  });
});

describe('a client that is closed while its link is lost', () => {
  it('says what was asked on the next link, asks for no subscription again, and ends', async () => {
    const fake = connected();
    const subscription = await fake.subscribe('e');
    fake.channel.lose();
    const published = fake.client.publish('e', 1);
    const closed = fake.client.close();
    try {
      fake.channel.open();
      const asked = await fake.channel.asked();
      assert.deepEqual(
        asked.map(({ method }) => method),
        ['publish'],
      );
      fake.channel.accept(asked);
      await Promise.all([published, closed]);
      assert.deepEqual(await subscription[Symbol.asyncIterator]().next(), { done: true, value: undefined });
      assert.deepEqual(fake.of('error'), []);
    } finally {
      await Promise.allSettled([published, fake.end()]);
    }
  });

  it('ends at once where nothing was asked', async () => {
    const fake = connected();
    const subscription = await fake.subscribe('e');
    const waiting = subscription[Symbol.asyncIterator]().next();
    fake.channel.lose();
    await fake.client.close();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    assert.equal(fake.channel.isClosed, true);
    assert.deepEqual(fake.kinds, ['connect', 'disconnect', 'close']);
  });

  it('while its subscriptions are being restored waits for the answers, and ends', async () => {
    const fake = connected();
    await fake.subscribe('e');
    fake.reconnect();
    const asked = await fake.channel.asked();
    const closed = fake.client.close();
    fake.channel.accept(asked);
    await closed;
    assert.deepEqual(fake.of('error'), []);
  });
});
