/** What a server says: an answer in the form in which it was asked for, and events that are spelled once. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isJSONRPCResponse } from 'json-rpc-2.0';
import type { PubSubErrorCode } from 'clustercast';
import { eventTexts, spellReply, type ReplyForm } from '#lib/json-rpc/replies.js';
import type { Response } from '#lib/protocol/messages.js';
import { columns, columnsOf, events } from '../support/arbitraries.js';
import { response } from '../support/messages.js';
import { holds } from '../support/property.js';

const named: ReplyForm = { kind: 'notification', requestId: 'r' };
const standard: ReplyForm = { kind: 'response', id: 1 };

function accepted(result: Readonly<Record<string, unknown>>): Response {
  return { kind: 'response', id: 7, ok: true, result };
}

function refused(code: PubSubErrorCode | undefined): Response {
  return { kind: 'response', id: 7, ok: false, failure: { code, message: 'no' } };
}

describe('the answer to a notification', () => {
  it('is a notification that is named after the request', () => {
    const result = { listeners: 2, client_id: 'me' };
    assert.deepEqual(spellReply(named, accepted(result)), {
      jsonrpc: '2.0',
      method: 'r',
      params: { status: true, request_id: 'r', result },
    });
  });

  it('has what subscribe returns beside the result, too', () => {
    const result = { subscription_id: 's', client_id: 'me' };
    assert.deepEqual(spellReply(named, accepted(result)), {
      jsonrpc: '2.0',
      method: 'r',
      params: { status: true, request_id: 'r', result, ...result },
    });
  });

  it('says what it says, whatever a result has for fields', () => {
    const result = { subscription_id: 's', status: 'sold', request_id: 'x', result: 'y' };
    const { params } = spellReply(named, accepted(result)) as { params: object };
    assert.deepEqual(params, { subscription_id: 's', status: true, request_id: 'r', result });
  });

  it('that was refused says why, with our code where there is one', () => {
    const params = { status: false, request_id: 'r', error_message: 'no' };
    const whole = { jsonrpc: '2.0', method: 'r' };
    assert.deepEqual(spellReply(named, refused('ERR_PUBSUB_FORBIDDEN')), {
      ...whole,
      params: { ...params, code: 'ERR_PUBSUB_FORBIDDEN' },
    });
    assert.deepEqual(spellReply(named, refused(undefined)), { ...whole, params });
  });
});

describe('the answer to a request', () => {
  it('is a standard result with its id', () => {
    for (const id of [1, 'a', null]) {
      const reply = spellReply({ kind: 'response', id }, accepted({ subscription_id: 's' }));
      assert.deepEqual(reply, { jsonrpc: '2.0', id, result: { subscription_id: 's' } });
    }
  });

  it('that was refused is a standard error, with a number for each of our codes, and the code', () => {
    for (const [code, number] of [
      ['ERR_PUBSUB_PROTOCOL', -32600],
      ['ERR_PUBSUB_UNSUPPORTED', -32601],
      ['ERR_PUBSUB_INVALID_ARGUMENT', -32602],
      ['ERR_PUBSUB_UNAUTHORIZED', -32001],
      ['ERR_PUBSUB_FORBIDDEN', -32002],
      ['ERR_PUBSUB_LIMIT', -32003],
      ['ERR_PUBSUB_SERIALIZE', -32004],
      ['ERR_PUBSUB_CLOSED', -32000],
      [undefined, -32000],
    ] as const) {
      assert.deepEqual(spellReply(standard, refused(code)), {
        jsonrpc: '2.0',
        id: 1,
        error: { code: number, message: 'no', data: { code } },
      });
    }
  });

  it('that was none has the number that JSON-RPC has for it', () => {
    const form: ReplyForm = { kind: 'response', id: null, code: -32700 };
    assert.deepEqual(spellReply(form, refused('ERR_PUBSUB_PROTOCOL')), {
      jsonrpc: '2.0',
      id: null,
      error: { code: -32700, message: 'no', data: { code: 'ERR_PUBSUB_PROTOCOL' } },
    });
  });

  it('is a response to the package json-rpc-2.0, whatever it says', () => {
    holds(
      fc.property(response, (answer) => {
        const reply = JSON.parse(JSON.stringify(spellReply(standard, answer))) as never;
        assert.equal(isJSONRPCResponse(reply), true);
      }),
    );
  });
});

describe('events', () => {
  it('are one notification each, with the value as it was encoded', () => {
    holds(
      fc.property(events, (plain) => {
        const texts = eventTexts(columnsOf(plain));
        assert.deepEqual(
          texts.map((text) => JSON.parse(text) as unknown),
          plain.map(({ name, value }) => ({
            jsonrpc: '2.0',
            method: 'event',
            params: { event_name: name, value: JSON.parse(value) as unknown },
          })),
        );
        for (const [position, { value }] of plain.entries())
          assert.ok(texts[position]?.endsWith(`"value":${value}}}`));
      }),
    );
  });

  it('are spelled once for all who are told', () => {
    holds(
      fc.property(columns, (same) => {
        assert.equal(eventTexts(same), eventTexts(same));
        assert.notEqual(eventTexts(same), eventTexts({ ...same }));
      }),
      20,
    );
  });
});
