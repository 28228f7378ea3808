/** One peer of the server: when it becomes a client, how it is greeted, and in which form it is answered. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PubSubError } from 'clustercast';
import { unauthorized } from '#lib/server/access.js';
import { hello, notify, Play, refusalOf, request } from '../support/text-session.js';

const secret = 'secret-0123456789';
const unknown = refusalOf('hello', -32001, 'UNAUTHORIZED', 'the server does not know this client');

const event = (value: number): object => ({
  jsonrpc: '2.0',
  method: 'event',
  params: { event_name: 'e', value },
});

describe('a peer that connects', () => {
  it('is nobody to the server before it says something that is for the server', (t) => {
    const play = new Play(t);
    assert.deepEqual(play.ask(request(1, 'ping')), [{ jsonrpc: '2.0', id: 1, result: {} }]);
    play.say({ jsonrpc: '2.0', id: 1, result: 7 });
    assert.deepEqual(play.told(), []);
    play.say(request(2, 'publish', { event_name: 'e' }), request(3, 'subscribe'));
    assert.deepEqual(play.told(), [
      ['accept', undefined],
      ['request', 'publish'],
      ['request', 'subscribe'],
    ]);
  });

  it('is a client of the server with what is no request, too, so that it is counted', (t) => {
    const play = new Play(t);
    play.say('no JSON');
    assert.deepEqual(play.told(), [
      ['accept', undefined],
      ['malformed', ''],
    ]);
  });

  it('is told why where the server does not take it in, and has nothing else to do here', (t) => {
    const play = new Play(t);
    play.core.refusal = new PubSubError('ERR_PUBSUB_LIMIT', 'full');
    play.say(request(1, 'publish'), request(2, 'publish'));
    assert.deepEqual(play.text.frames(), [refusalOf(1, -32003, 'LIMIT', 'full')]);
    assert.deepEqual(play.text.calls, ['close']);
    assert.deepEqual(play.told(), [['accept', undefined], ['ended']]);
  });

  it('is told no details of a defect', (t) => {
    for (const defect of [
      new Error('password'),
      Object.assign(new Error('password'), { code: 'ERR_PUBSUB_LIMIT' }),
      new PubSubError('E_ELSE' as never, 'password'),
    ]) {
      const play = new Play(t);
      play.core.refusal = defect;
      assert.deepEqual(play.ask(notify('r', 'publish')), [
        {
          jsonrpc: '2.0',
          method: 'r',
          params: {
            status: false,
            request_id: 'r',
            error_message: 'the server failed to take the client in',
            code: 'ERR_PUBSUB_PROTOCOL',
          },
        },
      ]);
    }
  });
});

describe('hello', () => {
  const limits = { frame_bytes: 1_048_576, json_depth: 64, silence_time: 30_000 };

  it('is answered with who the client is, the run of the server, and what it takes', (t) => {
    for (const isTrusted of [true, false]) {
      const play = new Play(t, { isTrusted });
      const result = { client_id: secret, epoch: 'first', capabilities: [], limits };
      assert.deepEqual(play.ask(hello({ client_id: secret })), [{ jsonrpc: '2.0', id: 'hello', result }]);
      assert.deepEqual(play.told(), [['accept', secret]]);
    }
  });

  it('tells the limits that the server has', (t) => {
    const play = new Play(t, { limits: { frameBytes: 1, jsonDepth: 2, silenceTime: 3 } });
    const [answer] = play.ask('{"jsonrpc":"2.0","id":1,"method":"hello"}') as { result: object }[];
    assert.deepEqual(Reflect.get(answer?.result ?? {}, 'limits'), {
      frame_bytes: 1,
      json_depth: 2,
      silence_time: 3,
    });
  });

  it('may be said as a notification', (t) => {
    const play = new Play(t);
    const result = { client_id: 'ad hoc', epoch: 'first', capabilities: [], limits };
    assert.deepEqual(play.ask(notify('r', 'hello')), [
      { jsonrpc: '2.0', method: 'r', params: { status: true, request_id: 'r', result } },
    ]);
  });

  it('without an id, or with null, makes an ad-hoc client where the server trusts', (t) => {
    for (const client_id of [undefined, null]) {
      const play = new Play(t);
      const [answer] = play.ask(hello({ client_id })) as { result: object }[];
      assert.equal(Reflect.get(answer?.result ?? {}, 'client_id'), 'ad hoc');
      assert.deepEqual(play.told(), [['accept', undefined]]);
    }
  });

  it('without an id is refused where it does not, as with a wrong one, and without asking the server', (t) => {
    for (const client_id of [undefined, null]) {
      const play = new Play(t, { isTrusted: false });
      assert.deepEqual(play.ask(hello({ client_id })), [unknown]);
      assert.deepEqual([play.text.calls, play.told()], [['close'], [['ended']]]);
    }
    const wrong = new Play(t, { isTrusted: false });
    wrong.core.refusal = unauthorized();
    assert.deepEqual(wrong.ask(hello({ client_id: 'wrong' })), [unknown]);
    assert.deepEqual([wrong.text.calls, wrong.told()], [['close'], [['accept', 'wrong'], ['ended']]]);
  });

  it('of a version that this server does not speak is refused, whoever says it', (t) => {
    const message = 'this server speaks version 1 of the protocol';
    for (const version of [0, 2, '1', null]) {
      const play = new Play(t);
      const answer = refusalOf('hello', -32601, 'UNSUPPORTED', message);
      assert.deepEqual(play.ask(hello({ version, client_id: secret })), [answer]);
      assert.deepEqual([play.text.calls, play.told()], [['close'], [['ended']]]);
    }
  });

  it('must come first, and once; later it is refused, and changes nothing', (t) => {
    const answer = refusalOf('hello', -32600, 'PROTOCOL', 'hello must come first, and once');
    for (const first of [hello(), request(1, 'publish')]) {
      const play = new Play(t);
      play.say(first);
      play.told();
      assert.deepEqual(play.ask(hello({ client_id: secret, heartbeat: true })), [answer]);
      play.session.checkSilence();
      play.session.checkSilence();
      assert.deepEqual([play.text.calls, play.told()], [[], []]);
    }
  });

  it('may come after a ping', (t) => {
    const play = new Play(t);
    play.say(request(1, 'ping'), hello());
    assert.deepEqual(play.told(), [['accept', undefined]]);
    assert.deepEqual(play.text.calls, []);
  });

  it('ends the reading where it is refused', (t) => {
    const play = new Play(t, { isTrusted: false });
    play.say(hello(), request(1, 'publish', { client_id: secret }), request(2, 'ping'));
    assert.deepEqual(play.text.frames(), [unknown]);
    assert.deepEqual(play.told(), [['ended']]);
  });
});

describe('an answer', () => {
  it('has the form in which its request came, in whatever order the server answers', (t) => {
    const play = new Play(t);
    play.say(request('a', 'm'), notify('b', 'm'), request(null, 'm'), request(0, 'm'));
    const { ids } = play;
    assert.equal(new Set(ids).size, 4);
    play.session.send(
      ids.toReversed().map((id) => ({ kind: 'response', id, ok: true, result: { n: ids.indexOf(id) } })),
    );
    assert.deepEqual(play.text.frames(), [
      { jsonrpc: '2.0', id: 0, result: { n: 3 } },
      { jsonrpc: '2.0', id: null, result: { n: 2 } },
      { jsonrpc: '2.0', method: 'b', params: { status: true, request_id: 'b', result: { n: 1 } } },
      { jsonrpc: '2.0', id: 'a', result: { n: 0 } },
    ]);
    // All that the server says together goes out together.
    assert.equal(play.text.sent.length, 1);
  });

  it('comes once, and only to what was asked', (t) => {
    const play = new Play(t);
    play.say(request(1, 'm'));
    const [id = NaN] = play.ids;
    const answer = { kind: 'response', id, ok: true, result: {} } as const;
    play.session.send([{ ...answer, id: 99 }, answer, answer]);
    assert.deepEqual(play.text.frames(), [{ jsonrpc: '2.0', id: 1, result: {} }]);
  });

  it('is that of the core to what is no request, with an id of null where there is none', (t) => {
    const play = new Play(t);
    const failure = { code: 'ERR_PUBSUB_PROTOCOL', message: 'no' } as const;
    for (const [frame, id, number] of [
      ['{', null, -32700],
      [[], null, -32600],
      [7, null, -32600],
      [{ jsonrpc: '1.0', id: 7, method: 'm' }, 7, -32600],
    ] as const) {
      play.say(frame);
      play.refuse(failure);
      assert.deepEqual(play.text.frames(), [refusalOf(id, number, 'PROTOCOL', 'no')]);
    }
  });

  it('comes for each of several that are no requests', (t) => {
    const play = new Play(t);
    play.say('{', { jsonrpc: '1.0', id: 1, method: 'm' }, 7);
    assert.equal(new Set(play.ids).size, 3);
    play.refuse({ code: 'ERR_PUBSUB_PROTOCOL', message: 'no' });
    assert.deepEqual(play.text.frames(), [
      refusalOf(null, -32700, 'PROTOCOL', 'no'),
      refusalOf(1, -32600, 'PROTOCOL', 'no'),
      refusalOf(null, -32600, 'PROTOCOL', 'no'),
    ]);
  });

  it('to ping comes in each form, and from nobody but the session', (t) => {
    const play = new Play(t, { isTrusted: false });
    assert.deepEqual(play.ask(notify('p', 'ping')), [
      { jsonrpc: '2.0', method: 'p', params: { status: true, request_id: 'p', result: {} } },
    ]);
    play.say(hello({ client_id: secret }));
    play.told();
    assert.deepEqual(play.ask(request(1, 'ping', { any: 1 })), [{ jsonrpc: '2.0', id: 1, result: {} }]);
    assert.deepEqual(play.told(), []);
  });

  it('is not given to a response', (t) => {
    const play = new Play(t);
    play.say({ jsonrpc: '2.0', id: 1, result: {} }, { jsonrpc: '2.0', id: null, error: { code: 1 } });
    assert.deepEqual([play.text.sent, play.told()], [[], []]);
  });
});

describe('events', () => {
  it('go out in their place among the answers, the same texts to everybody', (t) => {
    const [one, other] = [new Play(t), new Play(t)];
    const columns = { names: ['e'], values: '[1,2]', lengths: [1, 1] };
    one.say(request(1, 'm'), request(2, 'm'));
    const [first = NaN, second = NaN] = one.ids;
    one.session.send([
      { kind: 'response', id: first, ok: true, result: {} },
      { kind: 'events', columns },
      { kind: 'response', id: second, ok: true, result: {} },
    ]);
    other.session.send([{ kind: 'events', columns }]);
    assert.deepEqual(one.text.frames(), [
      { jsonrpc: '2.0', id: 1, result: {} },
      event(1),
      event(2),
      { jsonrpc: '2.0', id: 2, result: {} },
    ]);
    assert.equal(one.text.sent[1], other.text.sent[0]);
  });
});
