/** Frames of clients, as the server reads them: whom to answer, and what was asked, by the rules of JSON-RPC 2.0. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { spellRequests } from '#lib/json-rpc/client-wire.js';
import { openFrame, readElement, type Incoming } from '#lib/json-rpc/frames.js';
import { isDeeperThan } from '#lib/protocol/json-depth.js';
import { spellReply } from '#lib/json-rpc/replies.js';
import { defaultLimits } from '#lib/protocol/limits.js';
import type { ClientMessage } from '#lib/protocol/messages.js';
import { clientMessage } from '../support/messages.js';
import { clientFrame, frameOf, inBatches, oddJson, requestId } from './json-rpc.js';
import { mutated, mutatedText } from './mutations.js';
import { eventsIn, idLength, isFields, isId, isMalformed, isRequest, isString } from './predicates.js';
import { fuzz } from './settings.js';
import { Tally } from './tally.js';
import { textOf } from './wires.js';

const limits = { ...defaultLimits, idLength, jsonDepth: 6, requestsPerFrame: 3 };
const own = 7;

/** As a reader finds it who knows strings and brackets only. */
function depthOf(text: string): number {
  const brackets = text.replaceAll(/"(?:[^"\\]|\\[^])*(?:"|\\?$)/g, '').replaceAll(/[^[\]{}]/g, '');
  let depth = 0;
  let deepest = 0;
  for (const bracket of brackets) {
    depth += '[{'.includes(bracket) ? 1 : -1;
    deepest = Math.max(deepest, depth);
  }
  return deepest;
}

/** By the standard, and docs/protocol.md: the form of the answer, or that there is to be none. */
function expectedForm(element: unknown): unknown {
  const toNobody = { kind: 'response', id: null, code: -32600 };
  if (!isFields(element)) return toNobody;
  const { jsonrpc, id, result, error, params } = element;
  if (jsonrpc === '2.0' && id !== undefined && (result !== undefined || error !== undefined))
    return undefined;
  if (id === null || typeof id === 'number') return { kind: 'response', id };
  if (id !== undefined) return isString(id) && id.length <= idLength ? { kind: 'response', id } : toNobody;
  const named = isFields(params) ? params['request_id'] : undefined;
  return isId(named) ? { kind: 'notification', requestId: named } : toNobody;
}

function isStandardRequest(element: unknown): boolean {
  if (!isFields(element)) return false;
  const { jsonrpc, method, result, error, params } = element;
  if (jsonrpc !== '2.0' || !isString(method) || result !== undefined || error !== undefined) return false;
  if (params !== undefined && !isFields(params)) return false;
  const clientId = params?.['client_id'] ?? undefined;
  return clientId === undefined || isId(clientId);
}

/** The rights and wrongs of one element; what it is. */
function check(element: unknown): string {
  const incoming = readElement(element, own, limits);
  assert.deepEqual(incoming?.form, expectedForm(element));
  if (incoming === undefined) return 'response';
  const { form, message } = incoming;
  if (isStandardRequest(element) && textOf(form) !== '{"kind":"response","id":null,"code":-32600}') {
    assert.equal(message.id, own);
    assert.ok(isRequest({ ...message, id: String(own) }), textOf(message));
  } else {
    assert.ok(isMalformed(message), textOf(message));
  }
  assertAnswerable(incoming);
  return message.kind;
}

/** Nothing that a peer puts there makes an answer that cannot be said. */
function assertAnswerable({ form }: Incoming): void {
  const reply = JSON.stringify(spellReply(form, { kind: 'response', id: own, ok: true, result: {} }));
  assert.equal(typeof JSON.parse(reply), 'object');
}

function checkText(text: string): string {
  const frame = openFrame(text, limits);
  const depth = depthOf(text);
  for (const level of [0, 1, 2, depth - 1, depth, depth + 1]) {
    if (level >= 0) assert.equal(isDeeperThan(level, text), depth > level, text);
  }
  if ('limit' in frame && frame.limit === 'jsonDepth') {
    assert.ok(depth > limits.jsonDepth);
    return frame.limit;
  }
  assert.ok(depth <= limits.jsonDepth);
  let content: unknown;
  try {
    content = JSON.parse(text) as unknown;
  } catch {
    assert.ok('problem' in frame);
    assert.deepEqual(frame.problem.form, { kind: 'response', id: null, code: -32700 });
    assert.ok(isMalformed(frame.problem.message));
    return 'no JSON';
  }
  const elements: unknown[] = Array.isArray(content) ? content : [content];
  if (elements.length === 0) assert.ok('problem' in frame);
  else if (elements.length > limits.requestsPerFrame) assert.ok('limit' in frame);
  else assert.deepEqual(frame, { isBatch: Array.isArray(content), elements });
  elements.forEach(check);
  return 'JSON';
}

describe('fuzzed frames of a client', () => {
  it('in which a few places are wrong are answered as the standard says, and taken where they are requests', () => {
    const tally = new Tally();
    fuzz(
      'client-frames: mutated',
      fc.property(mutated(clientFrame), (frame) => {
        for (const element of Array.isArray(frame) ? frame : [frame]) tally.note(check(element));
      }),
    );
    tally.check('request', 'malformed', 'response');
  });

  it('in which a few characters are wrong are no JSON, or too deep, or what JSON says', () => {
    const tally = new Tally();
    const texts = inBatches(fc.oneof(clientFrame.map(frameOf), oddJson));
    fuzz(
      'client-frames: text',
      fc.property(mutatedText(texts), (text) => tally.note(checkText(text))),
    );
    tally.check('no JSON', 'JSON', 'jsonDepth');
  });

  it('are read as they were spelled', () => {
    fuzz(
      'client-frames: round trip',
      fc.property(clientMessage, fc.option(requestId, { nil: undefined }), (asked, clientId) => {
        const heard = spellRequests(asked, clientId).map(({ id, text }) => {
          const frame = openFrame(text, defaultLimits);
          assert.ok('elements' in frame && !frame.isBatch);
          const incoming = readElement(frame.elements[0], own, limits);
          assert.ok(incoming?.message.kind === 'request');
          const { method, params, clientId: who } = incoming.message;
          assert.deepEqual(incoming.form, { kind: 'notification', requestId: String(id) });
          assert.equal(who, clientId);
          return { method, params };
        });
        const identity = clientId === undefined ? {} : { client_id: clientId };
        assert.equal(textOf(heard), textOf(expectedRequests(asked, identity)));
      }),
    );
  });
});

/** What `asked` asks, one by one. */
function expectedRequests(asked: ClientMessage, identity: object): unknown {
  if (asked.kind === 'request') {
    return [{ method: asked.method, params: { request_id: asked.id, ...identity, ...asked.params } }];
  }
  assert.ok(asked.kind === 'publishes');
  return eventsIn(asked.columns)?.map(([event_name, value], at) => {
    const request_id = String(asked.first + at);
    const params = { request_id, ...identity, event_name, value: JSON.parse(value) as unknown };
    return { method: 'publish', params };
  });
}
