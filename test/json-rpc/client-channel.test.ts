/** A client’s link that is open: what it says and hears, that it knows whether the server lives, and its end. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { spellRequests } from '#lib/json-rpc/client-wire.js';
import { ask, attemptTime, dialed, Dialing } from '../support/text-connector.js';

const event = (name: string, value: unknown): object => ({
  jsonrpc: '2.0',
  method: 'event',
  params: { event_name: name, value },
});
const answer = (id: string): object => ({ jsonrpc: '2.0', method: id, params: { status: true } });
const response = (id: string): object => ({ kind: 'response', id, ok: true, result: {} });

const oneEvent = (name: string, value: number): object => ({
  kind: 'events',
  columns: { names: [name], values: `[${value}]`, lengths: [1] },
});

describe('what an open link says', () => {
  it('goes out together, in order, and only while it is open', (t) => {
    const dialing = new Dialing(t);
    dialing.channel.send([ask(1)]);
    dialing.link.open();
    dialing.channel.send([ask(2)]);
    dialing.link.frames();
    dialing.link.greet();
    dialing.channel.send([ask(3), ask(4)]);
    dialing.channel.send([]);
    assert.deepEqual(
      dialing.link.sent.at(-1)?.map((text) => Reflect.get(JSON.parse(text) as object, 'params') as unknown),
      [{ request_id: '3' }, { request_id: '4' }],
    );
    const { length } = dialing.link.sent;
    dialing.link.lose();
    dialing.channel.send([ask(5)]);
    assert.equal(dialing.link.sent.length, length);
  });

  it('is refused here where the server would not even read it, for that request alone', async (t) => {
    const wide = ask(2, { a: 'é😀'.repeat(20) });
    const [{ text } = { text: '' }] = spellRequests(wide, undefined);
    const bytes = Buffer.byteLength(text);
    for (const [limit, isRefused] of [
      [bytes, false],
      [bytes - 1, true],
    ] as const) {
      const dialing = dialed(t, { limits: { frame_bytes: limit } });
      dialing.channel.send([ask(1), wide, ask(3)]);
      const said = dialing.link
        .frames()
        .map((frame) => Reflect.get(frame, 'params') as Record<string, unknown>);
      assert.deepEqual(
        said.map(({ request_id }) => request_id),
        isRefused ? ['1', '3'] : ['1', '2', '3'],
      );
      // No handler is called before the call returns.
      assert.deepEqual(dialing.story, []);
      await Promise.resolve();
      const message = `the request exceeds the server's limit of ${limit} bytes (frameBytes)`;
      const failure = { code: 'ERR_PUBSUB_LIMIT', message };
      const refusal = ['receive', { kind: 'response', id: 2, ok: false, failure }];
      assert.deepEqual(dialing.story, isRefused ? [refusal] : []);
    }
  });

  it('is refused here where it is deeper than the server takes', async (t) => {
    const dialing = dialed(t, { limits: { json_depth: 4 } });
    dialing.channel.send([ask(1, { a: [[]] })]);
    assert.equal(dialing.link.frames().length, 1);
    dialing.channel.send([ask(2, { a: [[[]]] })]);
    assert.deepEqual(dialing.link.frames(), []);
    await Promise.resolve();
    const message = "the request is nested deeper than the server's limit of 4 levels (jsonDepth)";
    const failure = { code: 'ERR_PUBSUB_LIMIT', message };
    assert.deepEqual(dialing.story, [['receive', { kind: 'response', id: 2, ok: false, failure }]]);
  });

  it('is not refused by a link that has ended meanwhile', async (t) => {
    const dialing = dialed(t, { limits: { json_depth: 1 } });
    dialing.channel.send([ask(1, { a: [[]] })]);
    dialing.channel.close();
    await Promise.resolve();
    assert.deepEqual(dialing.story, []);
  });

  it('may be anything where the server has told no limit, or none that is one', (t) => {
    for (const limits of [
      undefined,
      {},
      { frame_bytes: '1', json_depth: -1 },
      { frame_bytes: null, json_depth: 1.5 },
    ]) {
      const dialing = dialed(t, { limits });
      dialing.channel.send([ask(1, { a: [[['x'.repeat(10_000)]]] })]);
      assert.equal(dialing.link.frames().length, 1);
    }
  });
});

describe('what an open link hears', () => {
  it('is passed on together and in order, events in a row as one message', (t) => {
    const dialing = dialed(t);
    dialing.link.say(event('a', 1), event('b', 2), answer('1'), event('a', 3), [answer('2'), event('b', 4)]);
    assert.deepEqual(dialing.story, [
      [
        'receive',
        { kind: 'events', columns: { names: ['a', 'b'], index: [0, 1], values: '[1,2]', lengths: [1, 1] } },
        response('1'),
        oneEvent('a', 3),
        response('2'),
        oneEvent('b', 4),
      ],
    ]);
  });

  it('is not passed on where it is only a sign of life', (t) => {
    const dialing = dialed(t);
    dialing.link.say({ jsonrpc: '2.0', id: 'ping', result: {} }, []);
    dialing.link.handlers.heard?.();
    assert.deepEqual(dialing.story, []);
  });

  it('may be as long as this side takes', (t) => {
    const dialing = dialed(t, undefined, { limits: { serverFrameBytes: 123 } });
    assert.equal(dialing.link.handlers.frameBytes, 123);
  });
});

describe('the heartbeat of an open link', () => {
  it('asks twice in the time that the server tells, and is content with any sign of life', (t) => {
    const dialing = dialed(t, { limits: { silence_time: 100 } });
    const { clock, link } = dialing;
    assert.equal(clock.holding, 0);
    const ping = { jsonrpc: '2.0', id: 'ping', method: 'ping', params: {} };
    for (const sign of [
      () => link.say({ jsonrpc: '2.0', id: 'ping', result: {} }),
      () => link.say(event('e', 1)),
      () => link.handlers.heard?.(),
    ]) {
      clock.pass(49);
      assert.deepEqual(link.frames(), []);
      clock.pass(1);
      assert.deepEqual(link.frames(), [ping]);
      sign();
    }
    assert.equal(link.isEnded, false);
    clock.pass(50);
    assert.equal(link.isEnded, false);
    clock.pass(50);
    assert.equal(link.calls.at(-1), 'destroy');
    const message = 'the link was lost: the server has been silent for too long';
    assert.deepEqual(dialing.story.at(-1), ['closed', false, 'ERR_PUBSUB_CLOSED', message]);
    assert.equal(clock.size, 0);
  });

  it('beats once a minute at least, and not at all where the server tells no time', (t) => {
    const slow = dialed(t, { limits: { silence_time: 2_000_000_000 } });
    assert.equal(slow.clock.next, 60_000);
    slow.channel.close();
    const fast = dialed(t, { limits: { silence_time: 1 } });
    assert.equal(fast.clock.next, 1);
    fast.channel.close();
    for (const silence_time of [undefined, 0, -5, '100', null, 0.5]) {
      const dialing = dialed(t, { limits: { silence_time } });
      assert.equal(dialing.clock.size, 0, String(silence_time));
    }
  });
});

describe('the end of a link', () => {
  it('that was lost is told once, with the reason, and the next one waits for its pause', (t) => {
    for (const [lose, problem] of [
      [(dialing: Dialing) => dialing.link.lose(), 'the server closed the connection'],
      [(dialing: Dialing) => dialing.link.lose(new Error('reset')), 'reset'],
      [
        (dialing: Dialing) => dialing.link.handlers.exceeded('frameTime'),
        'the server went beyond the limit of 7 (frameTime)',
      ],
    ] as const) {
      const dialing = dialed(t, { limits: { silence_time: 100 } }, { limits: { frameTime: 7 } });
      lose(dialing);
      dialing.link.lose();
      assert.deepEqual(dialing.story, [
        ['closed', false, 'ERR_PUBSUB_CLOSED', `the link was lost: ${problem}`],
      ]);
      assert.deepEqual([dialing.clock.size, dialing.attempts], [0, 1]);
      dialing.reopen();
      dialing.clock.pass(99);
      assert.equal(dialing.attempts, 1);
      dialing.clock.pass(1);
      assert.equal(dialing.attempts, 2);
      dialing.channel.close();
    }
  });

  it('after a long time is followed by the next one soon, however long it took to open', (t) => {
    const dialing = new Dialing(t);
    for (const pause of [100, 200, 400]) {
      dialing.link.lose();
      dialing.clock.pass(pause);
    }
    dialing.link.greet();
    dialing.clock.pass(5_000);
    dialing.link.lose();
    dialing.reopen();
    assert.equal(dialing.clock.next, 100);
    dialing.channel.close();
  });

  it('by this side is told to nobody, in each state, and leaves no timer', (t) => {
    for (const [state, bring] of Object.entries({
      dialing: () => undefined,
      greeting: ({ link }: Dialing) => link.open(),
      open: ({ link }: Dialing) => link.greet({ limits: { silence_time: 100 } }),
    })) {
      const dialing = new Dialing(t);
      bring(dialing);
      dialing.story.length = 0;
      dialing.channel.close();
      dialing.channel.close();
      assert.deepEqual(
        dialing.link.calls.filter((call) => call !== 'ref'),
        ['close'],
        state,
      );
      dialing.link.say({ jsonrpc: '2.0', id: 'hello', result: {} }, answer('1'));
      dialing.link.lose();
      dialing.clock.pass(2 * attemptTime);
      assert.deepEqual([dialing.story, dialing.attempts, dialing.clock.size], [[], 1, 0], state);
    }
  });

  it('by this side between two attempts is the end of the attempts', (t) => {
    const dialing = new Dialing(t);
    dialing.link.lose();
    dialing.channel.close();
    dialing.clock.pass(10_000);
    assert.deepEqual([dialing.story, dialing.attempts, dialing.clock.size], [[], 1, 0]);
    assert.deepEqual(dialing.dialer.links[0]?.calls.includes('close'), false);
  });
});

describe('whether a link holds the process', () => {
  it('is passed on to each pipe, and true of each timer that waits for the server', (t) => {
    const dialing = new Dialing(t);
    const { clock, connector } = dialing;
    assert.equal(clock.holding, 1);
    connector.unref();
    assert.deepEqual([clock.holding, clock.size, dialing.link.calls.at(-1)], [0, 1, 'unref']);
    dialing.link.lose();
    assert.deepEqual([clock.holding, clock.size], [0, 1]);
    clock.pass(100);
    assert.deepEqual([clock.holding, dialing.link.calls.at(-1)], [0, 'unref']);
    connector.ref();
    assert.deepEqual([clock.holding, dialing.link.calls.at(-1)], [1, 'ref']);
    connector.unref();
    dialing.link.greet();
    dialing.link.lose();
    // The next one is as the one before.
    dialing.reopen();
    assert.deepEqual([clock.holding, clock.size], [0, 1]);
    clock.pass(200);
    assert.equal(dialing.link.calls.at(-1), 'unref');
    dialing.channel.close();
    connector.ref();
    assert.equal(clock.size, 0);
    dialing.reopen();
    assert.deepEqual([clock.holding, clock.size], [1, 1]);
    dialing.channel.close();
  });

  it('is nothing to a medium that cannot hold it', (t) => {
    const dialing = new Dialing(t);
    Object.assign(dialing.link, { ref: undefined, unref: undefined });
    assert.doesNotThrow(() => dialing.connector.unref());
    assert.doesNotThrow(() => dialing.connector.ref());
    dialing.channel.close();
  });
});
