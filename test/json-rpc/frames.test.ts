/** What a server reads from a frame, whatever comes: a request with the form of its answer, or what is wrong with it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { defaultLimits } from 'clustercast';
import { openFrame, readElement, type Incoming } from '#lib/json-rpc/frames.js';
import { anything, damaged, record } from '../support/arbitraries.js';
import { isSound, request } from '../support/messages.js';
import { holds } from '../support/property.js';

const limits = { ...defaultLimits, jsonDepth: 4, requestsPerFrame: 3, idLength: 5 };

function read(element: unknown): Incoming | undefined {
  return readElement(element, 7, limits);
}

/** The form in which `element` is answered, and what is wrong with it. */
function refusal(element: unknown): unknown[] {
  const incoming = read(element);
  assert.ok(incoming?.message.kind === 'malformed', 'it was not refused');
  return [incoming.form, incoming.message.problem];
}

const toNobody = { kind: 'response', id: null, code: -32600 };

describe('a frame', () => {
  it('holds one element, or a batch of them', () => {
    for (const [text, content] of [
      ['{}', { isBatch: false, elements: [{}] }],
      [' null\r', { isBatch: false, elements: [null] }],
      ['[{}]', { isBatch: true, elements: [{}] }],
      ['[1,[],{}]', { isBatch: true, elements: [1, [], {}] }],
    ] as const)
      assert.deepEqual(openFrame(text, limits), content);
  });

  it('that is no JSON, or an empty batch, is answered to nobody', () => {
    for (const text of ['', '{', '\u{fffd}', "{'a':1}", 'NaN']) {
      const frame = openFrame(text, limits);
      assert.ok('problem' in frame);
      assert.deepEqual(frame.problem, {
        form: { kind: 'response', id: null, code: -32700 },
        message: { kind: 'malformed', id: '', problem: 'the frame is no JSON' },
      });
    }
    const empty = openFrame('[]', limits);
    assert.ok('problem' in empty);
    assert.deepEqual(empty.problem.form, toNobody);
  });

  it('may be as deep as its limit, and hold as many requests', () => {
    for (const text of ['[[[[]]]]', '[1,2,3]']) assert.ok('elements' in openFrame(text, limits));
    assert.deepEqual(openFrame('[1,2,3,4]', limits), { limit: 'requestsPerFrame' });
    // Before it is parsed: this is no JSON.
    assert.deepEqual(openFrame('[[[[[', limits), { limit: 'jsonDepth' });
  });
});

describe('an element of a frame', () => {
  it('that is a request has its id, and one that is a notification its request_id, in its answer', () => {
    const params = { event_name: 'e', client_id: 'me' };
    for (const id of ['', 'a', '12345', 0, -1.5, null]) {
      assert.deepEqual(read({ jsonrpc: '2.0', id, method: 'm', params }), {
        form: { kind: 'response', id },
        message: { kind: 'request', id: 7, clientId: 'me', method: 'm', params },
      });
    }
    const named = { ...params, request_id: 'r' };
    assert.deepEqual(read({ jsonrpc: '2.0', method: 'm', params: named }), {
      form: { kind: 'notification', requestId: 'r' },
      message: { kind: 'request', id: 7, clientId: 'me', method: 'm', params: named },
    });
  });

  it('that has an id is a request, whatever request_id it has', () => {
    const incoming = read({ jsonrpc: '2.0', id: 'i', method: 'm', params: { request_id: 'r' } });
    assert.deepEqual(incoming?.form, { kind: 'response', id: 'i' });
  });

  it('needs no parameters', () => {
    const incoming = read({ jsonrpc: '2.0', id: 1, method: 'm' });
    assert.deepEqual(incoming?.message, {
      ...{ kind: 'request', id: 7, clientId: undefined },
      ...{ method: 'm', params: {} },
    });
  });

  it('that is a response is left alone', () => {
    for (const answer of [{ result: null }, { result: 1 }, { error: { code: 1 } }])
      assert.equal(read({ jsonrpc: '2.0', id: 1, ...answer }), undefined);
  });

  it('that is no object is answered to nobody', () => {
    for (const element of [null, 1, 'a', true, [], [{}]])
      assert.deepEqual(refusal(element), [toNobody, 'a request must be an object']);
  });

  it('that names nobody who could be answered is answered to nobody', () => {
    const problem =
      'a request must have an id, or a request_id that is a string, within its limit (idLength)';
    const whole = { jsonrpc: '2.0', method: 'm' };
    for (const id of ['123456', true, {}, [1]])
      assert.deepEqual(refusal({ ...whole, id, params: { request_id: 'r' } }), [toNobody, problem]);
    for (const params of [undefined, null, [], 'r', {}, { request_id: 7 }, { request_id: '' }])
      assert.deepEqual(refusal({ ...whole, params }), [toNobody, problem]);
    assert.deepEqual(refusal({ ...whole, params: { request_id: '123456' } }), [toNobody, problem]);
  });

  it('that is no request of JSON-RPC 2.0 is answered to whom it names', () => {
    const problem = 'this is no request of JSON-RPC 2.0';
    for (const element of [
      { method: 'm' },
      { jsonrpc: '1.0', method: 'm' },
      { jsonrpc: 2, method: 'm' },
      { jsonrpc: '2.0' },
      { method: 'm', result: 1 },
    ]) {
      assert.deepEqual(refusal({ ...element, id: 1 }), [{ kind: 'response', id: 1 }, problem]);
      const notification = { ...element, params: { request_id: 'r' } };
      assert.deepEqual(refusal(notification), [{ kind: 'notification', requestId: 'r' }, problem]);
    }
  });

  it('with a method or parameters that are none is answered with what is wrong', () => {
    const whole = { jsonrpc: '2.0', id: 1, method: 'm' };
    for (const [element, problem] of [
      [{ ...whole, method: 7 }, 'method must be a string'],
      [{ ...whole, params: [1] }, 'params must be an object'],
      [{ ...whole, params: null }, 'params must be an object'],
      [{ ...whole, params: { client_id: 7 } }, 'client_id must be a string within its limit (idLength)'],
      [
        { ...whole, params: { client_id: '123456' } },
        'client_id must be a string within its limit (idLength)',
      ],
    ] as const)
      assert.deepEqual(refusal(element), [{ kind: 'response', id: 1 }, problem]);
  });

  it('cannot harm, whatever it is', () => {
    const right = fc.oneof(
      record({ jsonrpc: fc.constant('2.0'), id: fc.nat(), method: fc.string(), params: fc.object() }),
      request.map(({ id, method, params }) => ({
        jsonrpc: '2.0',
        method,
        params: { request_id: id, ...params },
      })),
    );
    holds(
      fc.property(fc.oneof(damaged(right), anything), (element) => {
        const incoming = readElement(element, 7, defaultLimits);
        if (incoming === undefined) return true;
        const { form, message } = incoming;
        const isAnswerable =
          form.kind === 'notification' ? form.requestId.length > 0 : JSON.stringify(form.id) !== undefined;
        // The id is the session's own, a number.
        return isAnswerable && isSound({ ...message, id: String(message.id) });
      }),
      2_000,
    );
  });
});
