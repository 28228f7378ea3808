/** Batches, as the server answers them: one array each, before every event that follows from it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hello, notify, Play, refusalOf, request } from '../support/text-session.js';

const result = (id: unknown, fields: object = {}): object => ({ jsonrpc: '2.0', id, result: fields });
const event = (value: unknown): object => ({
  jsonrpc: '2.0',
  method: 'event',
  params: { event_name: 'e', value },
});

describe('a batch', () => {
  it('is answered by one array, also where it has one element', (t) => {
    const play = new Play(t);
    play.say([request(1, 'm'), request(2, 'm')], [request(3, 'm')]);
    assert.deepEqual(play.text.sent, []);
    play.answer();
    assert.deepEqual(play.text.frames(), [[result(1), result(2)], [result(3)]]);
  });

  it('is answered by one array also where the session answers by itself', (t) => {
    const play = new Play(t);
    assert.deepEqual(play.ask([request(1, 'ping'), request(2, 'ping')]), [[result(1), result(2)]]);
    play.say([request(3, 'ping'), request(4, 'm')]);
    assert.deepEqual(play.text.frames(), []);
    play.answer();
    assert.deepEqual(play.text.frames(), [[result(3), result(4)]]);
  });

  it('has its answers in the order of its requests, in whatever order they come', (t) => {
    const play = new Play(t);
    play.say([request(1, 'm'), notify('r', 'ping'), request(2, 'm'), 7, request(3, 'ping')]);
    const [first, second, third] = play.ids;
    play.text.frames();
    for (const id of [third, second, first]) play.respond(id, { id });
    assert.deepEqual(play.text.frames(), [
      [result(1, { id: first }), result(2, { id: second }), result(null, { id: third }), result(3)],
    ]);
  });

  it('may begin with hello', (t) => {
    const play = new Play(t);
    play.say([hello(), request(1, 'm')]);
    play.answer();
    const [[greeting, other] = []] = play.text.frames() as { id?: unknown; result?: object }[][];
    assert.deepEqual([greeting?.id, Reflect.get(greeting?.result ?? {}, 'epoch')], ['hello', 'first']);
    assert.deepEqual(other, result(1));
  });

  it('waits for its last answer, and what comes after it for the batch', (t) => {
    const play = new Play(t);
    play.say([request(1, 'subscribe'), request(2, 'm')]);
    const [first, second] = play.ids;
    play.respond(first, { a: 1 });
    play.publish('e', 1);
    play.publish('e', 2);
    play.say(request(3, 'ping'));
    assert.deepEqual(play.text.frames(), []);
    play.respond(second);
    assert.deepEqual(play.text.frames(), [[result(1, { a: 1 }), result(2)], event(1), event(2), result(3)]);
  });

  it('lets go out before it what was said before its first answer', (t) => {
    const play = new Play(t);
    play.say(request(1, 'm'));
    play.say([request(2, 'm'), request(3, 'm')]);
    play.publish('e', 1);
    play.answer();
    play.publish('e', 2);
    assert.deepEqual(play.text.frames(), [event(1), result(1), [result(2), result(3)], event(2)]);
  });

  it('does not wait for another one that came before it', (t) => {
    const play = new Play(t);
    play.say([request(1, 'm')], [request(2, 'm')]);
    const [first, second] = play.ids;
    play.respond(second);
    play.respond(first);
    assert.deepEqual(play.text.frames(), [[result(2)], [result(1)]]);
  });

  it('has its notifications answered by notifications, at once', (t) => {
    const play = new Play(t);
    play.say([request(1, 'm'), notify('r', 'm')]);
    const [first, second] = play.ids;
    play.respond(second);
    const named = { jsonrpc: '2.0', method: 'r', params: { status: true, request_id: 'r', result: {} } };
    assert.deepEqual(play.text.frames(), [named]);
    play.respond(first);
    assert.deepEqual(play.text.frames(), [[result(1)]]);
    assert.deepEqual(play.ask([notify('r', 'ping')]), [named]);
  });

  it('holds a refusal for each element that is no request, and nothing for a response', (t) => {
    const play = new Play(t);
    play.say([null, { jsonrpc: '2.0', id: 9, result: 7 }, request(1, 'm')]);
    assert.equal(play.core.messages.length, 2);
    play.refuse({ code: 'ERR_PUBSUB_PROTOCOL', message: 'no' });
    assert.deepEqual(play.text.frames(), [
      [refusalOf(null, -32600, 'PROTOCOL', 'no'), refusalOf(1, -32600, 'PROTOCOL', 'no')],
    ]);
  });

  it('of responses is not answered at all', (t) => {
    const play = new Play(t);
    play.say([{ jsonrpc: '2.0', id: 9, result: 7 }]);
    assert.deepEqual([play.text.sent, play.told()], [[], []]);
  });

  it('of more than may be is refused as a whole, as is what is too deep, and nothing in it is done', (t) => {
    const play = new Play(t, { limits: { requestsPerFrame: 2, jsonDepth: 3 } });
    assert.deepEqual(play.ask([request(1, 'm'), request(2, 'm'), request(3, 'm')]), [
      refusalOf(null, -32003, 'LIMIT', 'beyond the limit of 2 (requestsPerFrame)'),
    ]);
    assert.deepEqual(play.ask(request(1, 'm', { a: [[]] })), [
      refusalOf(null, -32003, 'LIMIT', 'beyond the limit of 3 (jsonDepth)'),
    ]);
    assert.deepEqual(play.told(), [
      ['turnedAway', 'requestsPerFrame'],
      ['turnedAway', 'jsonDepth'],
    ]);
    // The connection goes on.
    play.say([request(1, 'm'), request(2, 'm')], request(3, 'm', { a: [] }));
    assert.equal(play.core.messages.length, 3);
  });

  it('that ends the connection is answered as far as it goes', (t) => {
    const play = new Play(t, { isTrusted: false });
    play.say([request(1, 'ping'), hello(), request(2, 'm')]);
    const message = 'the server does not know this client';
    assert.deepEqual(play.text.frames(), [[result(1), refusalOf('hello', -32001, 'UNAUTHORIZED', message)]]);
    assert.deepEqual([play.text.calls, play.told()], [['close'], [['ended']]]);
  });

  it('that the server does not answer to its end is answered when the server closes, with what waits for it', (t) => {
    const play = new Play(t);
    play.say([request(1, 'm'), request(2, 'm')]);
    play.respond(play.ids[0]);
    play.publish('e', 1);
    play.session.close();
    play.respond(play.ids[1]);
    play.publish('e', 2);
    assert.deepEqual(play.text.frames(), [[result(1)], event(1)]);
    assert.deepEqual(play.text.calls, ['close']);
  });

  it('whose rest is too much for the peer when the server closes is dropped with the connection', (t) => {
    const play = new Play(t, { limits: { outputBytes: 1 } });
    play.say([request(1, 'm'), request(2, 'm')]);
    play.respond(play.ids[0]);
    play.text.backlog = 2;
    play.session.close();
    assert.deepEqual([play.text.sent, play.text.calls], [[], ['destroy']]);
  });

  it('that was not answered at all has no answer any more once the connection has ended', (t) => {
    const play = new Play(t);
    play.say([request(1, 'm'), request(2, 'm')]);
    play.session.close();
    play.answer();
    play.publish('e', 1);
    assert.deepEqual(play.text.sent, []);
  });
});
